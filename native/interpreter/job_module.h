// native/interpreter/job_module.h: the builtin module `_inmem_job`: what
// python/inmem may ask of the run that is going.
#pragma once

#include "cpython/python_setup.h"

#include "interpreter/job_pipes.h"

namespace inmem::interpreter {

// The pipes of the process's one current job; never destroyed.
JobPipes& CurrentPipes();

// For PyImport_AppendInittab.
PyObject* InitJobModule();

}  // namespace inmem::interpreter
