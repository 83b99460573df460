// native/interpreter/frozen_modules.h: python/inmem, compiled into the addon.
#pragma once

#include "cpython/python_setup.h"

namespace inmem::interpreter {

// For PyImport_FrozenModules; made by cmake/freeze.py.
const struct _frozen* FrozenModules();

}  // namespace inmem::interpreter
