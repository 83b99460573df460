// native/bridge/service_module.cc: what Python's side of the threads calls:
// python/inmem/_bridge_async.py.
#include "cpython/python_setup.h"

#include "bridge/interpreter.h"
#include "bridge/service.h"

namespace inmem::bridge {
namespace {

Service& Here() { return Interpreter::Current().service(); }

// begin_service(spawn, start_loop, serve_posted)
PyObject* BeginService(PyObject*, PyObject* args) {
  PyObject* spawn = nullptr;
  PyObject* start_loop = nullptr;
  PyObject* serve_posted = nullptr;
  if (PyArg_ParseTuple(args, "OOO", &spawn, &start_loop, &serve_posted) == 0 ||
      !Here().Begin(spawn, start_loop, serve_posted)) {
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* Serve(PyObject*, PyObject*) {
  Here().Serve();
  Py_RETURN_NONE;
}

PyObject* ServeLoop(PyObject*, PyObject*) {
  Here().ServeLoop();
  Py_RETURN_NONE;
}

// set_loop_ready(what the loop is to do next, or None)
PyObject* SetLoopReady(PyObject*, PyObject* ready) {
  Here().SetLoopReady(ready);
  Py_RETURN_NONE;
}

PyObject* ServePostedLater(PyObject*, PyObject*) {
  Here().PostLater();
  Py_RETURN_NONE;
}

}  // namespace

PyMethodDef* ServiceMethods() {
  static PyMethodDef methods[] = {
      {"begin_service", BeginService, METH_VARARGS, nullptr},
      {"serve", Serve, METH_NOARGS, nullptr},
      {"serve_loop", ServeLoop, METH_NOARGS, nullptr},
      {"set_loop_ready", SetLoopReady, METH_O, nullptr},
      {"serve_posted_later", ServePostedLater, METH_NOARGS, nullptr},
      {nullptr, nullptr, 0, nullptr}};
  return methods;
}

}  // namespace inmem::bridge
