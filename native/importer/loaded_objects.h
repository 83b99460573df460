// native/importer/loaded_objects.h: what the loader has loaded, for Python.
#pragma once

#include "cpython/python_setup.h"

namespace inmem::importer {

// `_inmem.shared_objects()`: a list of dicts, in the order in which the objects
// became usable, with the keys of lib/shared-objects.ts. Walks all relocations.
PyObject* SharedObjects(PyObject* module, PyObject* unused);

}  // namespace inmem::importer
