// native/interpreter/exit_functions.c: what `atexit` holds, for two owners.
//
// C, with CPython's internal headers, as native/importer/collector.c: the
// module gives nobody its list, and functions of ours in the place of its own
// would be seen by programs. CMakeLists.txt defines Py_BUILD_CORE for this
// file.
#include "interpreter/exit_functions.h"

#include <Python.h>  // IWYU pragma: keep
#include <internal/pycore_interp.h>
#include <internal/pycore_pystate.h>

void InmemSwapExitFunctions(void) {
  // Functions of Python's alone: those of PyUnstable_AtExit() are for the end
  // of the interpreter. A list that is not there grows at the first that comes.
  static struct atexit_state aside;
  struct atexit_state* here = &_PyInterpreterState_GET()->atexit;
  const struct atexit_state before = *here;
  here->callbacks = aside.callbacks;
  here->ncallbacks = aside.ncallbacks;
  here->callback_len = aside.callback_len;
  aside = before;
}
