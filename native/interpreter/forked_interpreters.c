// native/interpreter/forked_interpreters.c: interpreters beside the main one,
// in a forked child.
//
// C, with CPython's internal headers, as exit_functions.c.
#include "interpreter/forked_interpreters.h"

#include <Python.h>  // IWYU pragma: keep
#include <internal/pycore_interp.h>
#include <internal/pycore_pystate.h>
#include <internal/pycore_runtime.h>
#include <pthread.h>
#include <stddef.h>

// Before CPython's own part of the child, with the GIL. The newest is the head
// of the list, and the main one its end.
static void OnForkedChild(void) {
  PyThreadState* state = PyThreadState_GetUnchecked();
  if (state == NULL || state->interp != PyInterpreterState_Main()) return;
  _PyRuntime.interpreters.head = state->interp;
}

void InmemLeaveInterpretersBehind(void) {
  pthread_atfork(NULL, NULL, OnForkedChild);
}
