// native/bridge/js_memory.h: memory of JavaScript's, in Python.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

namespace inmem::bridge {

class Interpreter;

// The type of the objects that export the memory. False with a Python
// exception. GIL.
bool MakeJsMemoryType(Interpreter& interpreter);

// Holds the memory of a typed array until js_memory() takes it. JavaScript's
// thread, without the GIL.
//   holdMemory(bytes, buffer, may share, letter of `struct`, bytes of an
//   element): a number. `bytes` is a Uint8Array over `buffer`.
napi_value HoldMemory(napi_env env, napi_callback_info info);

// _inmem_bridge.js_memory(number[, format, itemsize, start, shape, strides,
// readonly]): an object with the buffer protocol; its `copied` says whether it
// is a copy, which then is read-only: what is written would be lost. `start`
// and `strides` are in bytes.
PyObject* TakeMemory(PyObject* module, PyObject* args);

}  // namespace inmem::bridge
