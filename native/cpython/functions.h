// native/cpython/functions.h: functions of ours in CPython's tables, which have
// one type for all.
#pragma once

#include "cpython/python_setup.h"

namespace inmem::cpython {

// For a PyMethodDef whose flags say what the function takes.
template <typename Function>
PyCFunction Method(Function* function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

// For a PyType_Slot or a PyModuleDef_Slot.
template <typename Function>
void* Slot(Function* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace inmem::cpython
