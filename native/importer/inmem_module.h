// native/importer/inmem_module.h: the builtin module `_inmem`: what the frozen
// importer (python/inmem) may ask.
#pragma once

#include "cpython/python_setup.h"

#include "base/status.h"

namespace inmem::importer {

// For PyImport_AppendInittab.
PyObject* InitInmemModule();

// Raises ImportError with the Status's message, `path`, and its permanent code
// as the attribute `inmem_code`. For kBadDigest not ImportError, which programs
// catch to do without a module: a BaseException of its own. Always gives null.
// REQUIRES: the GIL.
PyObject* RaiseImportError(const Status& status, PyObject* path);

}  // namespace inmem::importer
