// native/importer/interpreter_features.h: what the calling interpreter allows.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Whether it has no extension module but those that support several
// interpreters. REQUIRES: the GIL.
int InmemChecksExtensions(void);

#ifdef __cplusplus
}
#endif
