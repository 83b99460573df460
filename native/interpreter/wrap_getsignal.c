// native/interpreter/wrap_getsignal.c: who handles a signal, asked in another
// interpreter.
//
// Handlers are the main interpreter's objects. getsignal() of CPython 3.13
// gives them to one with a GIL of its own, too, which would count references to
// them, or call them, at the same time. The addon is linked with --wrap of
// where `_signal` begins: there they are None, as what Python did not set.
//
// C, with CPython's internal headers, as exit_functions.c.
#include <Python.h>  // IWYU pragma: keep
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#include <internal/pycore_signal.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static PyCFunction real_getsignal;

static PyObject* GetSignal(PyObject* module, PyObject* number) {
  const PyInterpreterState* interpreter = PyInterpreterState_Get();
  if (interpreter == PyInterpreterState_Main() || !interpreter->ceval.own_gil) {
    return real_getsignal(module, number);
  }
  const int signal = PyLong_AsInt(number);
  if (signal < 1 || signal >= Py_NSIG) {
    PyErr_Clear();
    return real_getsignal(module, number);  // raises
  }
  const PyObject* handler =
      _Py_atomic_load_ptr(&_PyRuntime.signals.handlers[signal].func);
  // Small numbers are the same objects in all interpreters.
  PyObject* standard[] = {PyLong_FromLong((intptr_t)SIG_DFL),
                          PyLong_FromLong((intptr_t)SIG_IGN)};
  for (size_t i = 0; i < Py_ARRAY_LENGTH(standard); ++i) {
    if (handler == standard[i]) return standard[i];
  }
  Py_RETURN_NONE;
}

// NOLINTBEGIN(readability-identifier-naming): the linker's names
PyObject* __real_PyInit__signal(void);
PyObject* __wrap_PyInit__signal(void);

// With the first interpreter that imports it, which is the main one at its
// start.
PyObject* __wrap_PyInit__signal(void) {
  PyObject* module = __real_PyInit__signal();
  if (module == NULL || real_getsignal != NULL) return module;
  PyMethodDef* method = ((PyModuleDef*)module)->m_methods;
  while (method->ml_name != NULL && strcmp(method->ml_name, "getsignal") != 0) {
    ++method;
  }
  if (method->ml_name == NULL) return module;
  real_getsignal = method->ml_meth;
  method->ml_meth = GetSignal;
  return module;
}
// NOLINTEND(readability-identifier-naming)
