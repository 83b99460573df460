// native/interpreter/job_module.h: the builtin module `_inmem_job`: what
// python/inmem may ask of the run that is going.
#pragma once

#include "cpython/python_setup.h"

namespace inmem::interpreter {

// For PyImport_AppendInittab.
PyObject* InitJobModule();

}  // namespace inmem::interpreter
