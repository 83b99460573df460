// native/importer/collector.h: the garbage collector while modules are loaded.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// A module's functions, classes and code stay: to look at them again and again
// while hundreds of modules are loaded costs a tenth of the time that it takes.
// Called before each module: objects made since the last collection count as
// few, for so many modules that a collection comes in the end.
// REQUIRES: the GIL.
void InmemEaseCollector(void);

#ifdef __cplusplus
}
#endif
