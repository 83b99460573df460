// native/importer/bytecode.h: code objects out of .pyc entries.
#pragma once

#include "cpython/python_setup.h"

#include "archive/archive.h"

namespace inmem::importer {

// The code object of entry `bytecode` (-1: there is none), its co_filename set
// to `origin`. None where the source, entry `source` (-1: none), must be
// compiled instead: no bytecode, another Python's, or stale by its header.
// Null with ImportError set: damaged entries, or a foreign .pyc without source.
// REQUIRES: the GIL. Source: PEP 552; Lib/zipimport.py _unmarshal_code.
PyObject* LoadBytecode(const archive::Archive& archive, long long bytecode,
                       long long source, PyObject* origin);

}  // namespace inmem::importer
