// native/cpython/module_def.h: the definition of a builtin module.
#pragma once

#include "cpython/python_setup.h"

namespace inmem::cpython {

// A module that has no state of its own. All three are borrowed for ever.
// `methods` may be null.
constexpr PyModuleDef DefineModule(const char* name, PyMethodDef* methods,
                                   PyModuleDef_Slot* slots) {
  return {PyModuleDef_HEAD_INIT,
          name,
          nullptr,
          0,
          methods,
          slots,
          nullptr,
          nullptr,
          nullptr};
}

}  // namespace inmem::cpython
