// native/interpreter/forked_interpreters.h: interpreters beside the main one,
// in a forked child.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// From now on a child that the main interpreter forks has no others: their
// threads are gone. CPython takes them apart there without a thread state, and
// aborts ("PyThreadState_Get: ... the GIL is released"); what they hold is left
// as it is instead. Once.
// Source: Python/pystate.c, _PyInterpreterState_DeleteExceptMain, and the
// question in its comment.
void InmemLeaveInterpretersBehind(void);

#ifdef __cplusplus
}
#endif
