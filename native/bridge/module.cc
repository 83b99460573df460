// native/bridge/module.cc: the builtin module `_inmem_bridge`: what
// python/inmem/_bridge.py may ask of the bridge.
#include "cpython/python_setup.h"

#include <string>

#include "base/status.h"
#include "bridge/async_call.h"
#include "bridge/begin.h"
#include "bridge/interpreter.h"
#include "bridge/interpreters.h"
#include "bridge/js_memory.h"
#include "bridge/js_object.h"
#include "bridge/limit.h"
#include "bridge/promises.h"
#include "bridge/service.h"
#include "cpython/functions.h"
#include "cpython/module_def.h"
#include "cpython/owned.h"
#include "cpython/strings.h"

namespace inmem::bridge {

using cpython::Method;
using cpython::Owned;

namespace {

// set_js_exception(type, make): `make` gives an exception for the proxy of what
// JavaScript threw.
PyObject* SetExceptions(PyObject*, PyObject* args) {
  PyObject* type = nullptr;
  PyObject* make = nullptr;
  if (PyArg_ParseTuple(args, "OO", &type, &make) == 0) return nullptr;
  auto& errors = Interpreter::Current().errors;
  errors.type = Py_NewRef(type);
  errors.make = Py_NewRef(make);
  Py_RETURN_NONE;
}

// set_plain(function): what toJs() copies of an object that is no container.
PyObject* SetPlainFunction(PyObject*, PyObject* function) {
  Interpreter::Current().plain = Py_NewRef(function);
  Py_RETURN_NONE;
}

// set_js_types(choose, absent, big_int): the type for traits, a subclass of
// JsProxy or JsCallable without __dict__; what JavaScript gives for a member
// that is not there; the class of ints that are BigInts in JavaScript.
PyObject* SetTypes(PyObject*, PyObject* args) {
  PyObject* choose = nullptr;
  PyObject* absent = nullptr;
  PyObject* big_int = nullptr;
  if (PyArg_ParseTuple(args, "OOO", &choose, &absent, &big_int) == 0) {
    return nullptr;
  }
  Interpreter& interpreter = Interpreter::Current();
  interpreter.types.choose = Py_NewRef(choose);
  interpreter.types.big_int = Py_NewRef(big_int);
  interpreter.missing = Py_NewRef(absent);
  Py_RETURN_NONE;
}

PyMethodDef kMethods[] = {
    {"set_js_types", SetTypes, METH_VARARGS, nullptr},
    {"is_open", JsIsOpen, METH_O, nullptr},
    {"js", Method(JsOperation), METH_FASTCALL, nullptr},
    {"js_leave", JsLeave, METH_O, nullptr},
    {"js_notify", Method(JsNotify), METH_FASTCALL, nullptr},
    {"js_view", Method(JsView), METH_FASTCALL, nullptr},
    {"js_new", Method(JsNew), METH_FASTCALL | METH_KEYWORDS, nullptr},
    {"set_plain", SetPlainFunction, METH_O, nullptr},
    {"set_js_exception", SetExceptions, METH_VARARGS, nullptr},
    {"js_memory", TakeMemory, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

constinit PyModuleDef kModule =
    cpython::DefineModule("_inmem_bridge", kMethods, nullptr);

// False with a Python exception.
bool Install() {
  PyObject* modules = PyImport_GetModuleDict();
  if (PyDict_GetItemString(modules, "_inmem_bridge") != nullptr) return true;
  Interpreter& interpreter = Interpreter::Current();
  if (!MakeJsTypes(interpreter) || !MakeJsMemoryType(interpreter)) return false;
  Owned module = Owned::Steal(PyModule_Create(&kModule));
  if (!module || PyModule_AddFunctions(module.get(), AsyncMethods()) != 0 ||
      PyModule_AddFunctions(module.get(), ServiceMethods()) != 0 ||
      PyModule_AddFunctions(module.get(), PromiseMethods()) != 0 ||
      PyModule_AddFunctions(module.get(), LimitMethods()) != 0 ||
      PyModule_AddObjectRef(module.get(), "JsProxy", interpreter.types.proxy) !=
          0 ||
      PyModule_AddObjectRef(module.get(), "JsCallable",
                            interpreter.types.callable) != 0 ||
      PyDict_SetItemString(modules, "_inmem_bridge", module.get()) != 0) {
    return false;
  }
  return Owned::Steal(PyImport_ImportModule("inmem._bridge")) &&
         Owned::Steal(PyImport_ImportModule("inmem._bridge_async"));
}

std::string TextOfError() {
  Owned error = Owned::Steal(PyErr_GetRaisedException());
  Owned text = Owned::Steal(error ? PyObject_Repr(error.get()) : nullptr);
  auto view = text ? cpython::Utf8View(text.get()) : std::nullopt;
  std::string told(view.value_or("no memory"));
  PyErr_Clear();
  return told;
}

Status Installed() {
  if (Install()) return Status::Ok();
  return {ErrorCode::kInterpreter,
          "the bridge could not be set up: " + TextOfError()};
}

}  // namespace

Status Prepare(int (*wake_signal)()) {
  SetWakeSignal(wake_signal);
  const PyGILState_STATE state = PyGILState_Ensure();
  Status status = Installed();
  PyGILState_Release(state);
  return status;
}

Result<std::uint32_t> PrepareOwn(int (*wake_signal)(),
                                 const std::function<Status()>& set_up) {
  SetWakeSignal(wake_signal);
  auto made = Interpreter::Make([&set_up] {
    Status status = Installed();
    return status.ok() ? set_up() : status;
  });
  if (!made.ok()) return made.status();
  return made.value()->number();
}

void EndUnopened(std::uint32_t number) {
  auto interpreter = Interpreter::Numbered(number);
  if (interpreter != nullptr && interpreter->Claim()) interpreter->End();
}

void ParkInterpreters(std::chrono::milliseconds limit) {
  Interpreters::Get().Park(limit);
}

}  // namespace inmem::bridge
