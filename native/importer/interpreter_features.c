// native/importer/interpreter_features.c: what the calling interpreter allows.
//
// C, with CPython's internal headers, as collector.c: no public call tells.
#include "importer/interpreter_features.h"

#include <Python.h>  // IWYU pragma: keep
#include <internal/pycore_interp.h>

int InmemChecksExtensions(void) {
  return _PyInterpreterState_HasFeature(PyInterpreterState_Get(),
                                        Py_RTFLAGS_MULTI_INTERP_EXTENSIONS);
}
