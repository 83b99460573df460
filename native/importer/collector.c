// native/importer/collector.c: the garbage collector while modules are loaded.
//
// C, with CPython's internal headers, as native/interpreter/exit_functions.c
// alone: the interpreter that is linked in is the one that these belong to. No
// public call does it: PyGC_Disable() shows in gc.isenabled(), thresholds in
// gc.get_threshold(). CMakeLists.txt defines Py_BUILD_CORE for this file.
#include "importer/collector.h"

#include <Python.h>  // IWYU pragma: keep
#include <internal/pycore_interp.h>
#include <internal/pycore_pystate.h>

void InmemEaseCollector(void) {
  // Modules between two collections of the youngest generation.
  static const int kModules = 256;
  // Of the main interpreter, whose GIL guards them.
  static Py_ssize_t collections = 0;
  static int modules = 0;
  PyInterpreterState* interpreter = _PyInterpreterState_GET();
  if (interpreter != PyInterpreterState_Main()) return;
  struct _gc_runtime_state* gc = &interpreter->gc;
  if (gc->generation_stats[0].collections != collections) {
    collections = gc->generation_stats[0].collections;
    modules = 0;
  }
  if (++modules <= kModules) gc->generations[0].count = 0;
}
