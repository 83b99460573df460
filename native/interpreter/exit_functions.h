// native/interpreter/exit_functions.h: what `atexit` holds, for two owners.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Puts what is registered with `atexit` aside, and what was aside in its place.
// Nothing at first.
// REQUIRES: the GIL of the main interpreter.
void InmemSwapExitFunctions(void);

#ifdef __cplusplus
}
#endif
