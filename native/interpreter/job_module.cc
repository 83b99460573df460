// native/interpreter/job_module.cc: the builtin module `_inmem_job`.
#include "cpython/python_setup.h"

#include "interpreter/job_module.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "cpython/gil.h"
#include "cpython/module_def.h"
#include "cpython/owned.h"
#include "cpython/strings.h"
#include "importer/inmem_module.h"
#include "interpreter/bundles.h"
#include "interpreter/crash_report.h"
#include "interpreter/exit_functions.h"
#include "interpreter/inheritance.h"
#include "interpreter/job.h"
#include "interpreter/job_pipes.h"

namespace inmem::interpreter {

namespace {

// Repeats a wait until it is done; between, Python's signal handlers run, and
// what they raise (KeyboardInterrupt) ends it. False: an exception is set.
template <typename Operation>
bool WaitInterruptibly(Operation operation) {
  for (;;) {
    JobPipes::Wait wait = [&] {
      cpython::GilRelease release;
      return operation();
    }();
    if (wait == JobPipes::Wait::kDone) return true;
    if (PyErr_CheckSignals() != 0) return false;
  }
}

// write_output(fd, data): gives the number of bytes taken: all of them.
PyObject* WriteOutput(PyObject*, PyObject* args) {
  int fd = 0;
  Py_buffer data;
  if (!PyArg_ParseTuple(args, "iy*:write_output", &fd, &data)) return nullptr;
  std::span<const std::byte> bytes(static_cast<const std::byte*>(data.buf),
                                   static_cast<std::size_t>(data.len));
  bool done =
      WaitInterruptibly([&] { return CurrentPipes().Write(fd, bytes); });
  Py_ssize_t size = data.len;
  PyBuffer_Release(&data);
  return done ? PyLong_FromSsize_t(size) : nullptr;
}

// read_into(buffer): the number of bytes; 0 at the end of input.
PyObject* ReadInto(PyObject*, PyObject* target) {
  Py_buffer buffer;
  if (PyObject_GetBuffer(target, &buffer, PyBUF_WRITABLE) != 0) return nullptr;
  std::vector<std::byte> chunk;
  bool done = WaitInterruptibly([&] {
    return CurrentPipes().Read(static_cast<std::size_t>(buffer.len), &chunk);
  });
  std::copy(chunk.begin(), chunk.end(), static_cast<std::byte*>(buffer.buf));
  PyBuffer_Release(&buffer);
  return done ? PyLong_FromSize_t(chunk.size()) : nullptr;
}

// root_certificates(): Node's, as PEM text; "" where there is no Node.
PyObject* RootCertificates(PyObject*, PyObject*) {
  std::string pem;
  bool done =
      WaitInterruptibly([&] { return CurrentPipes().RootCertificates(&pem); });
  return done ? cpython::PathText(pem).release() : nullptr;
}

// stop_thread(ident): SystemExit in that thread as soon as it runs Python code.
PyObject* StopThread(PyObject*, PyObject* ident) {
  unsigned long id = PyLong_AsUnsignedLong(ident);
  if (PyErr_Occurred()) return nullptr;
  return PyBool_FromLong(PyThreadState_SetAsyncExc(id, PyExc_SystemExit) > 0);
}

// abandoned(): True when nobody in JavaScript waits for the run any more.
PyObject* Abandoned(PyObject*, PyObject*) {
  return PyBool_FromLong(CurrentPipes().closed());
}

// mount(path, data): joins the archive at `path`, or the one whose bytes `data`
// are (then `path` is its name), to the tree; gives the mount point.
PyObject* Mount(PyObject*, PyObject* args) {
  PyObject* path = nullptr;
  Py_buffer data = {};
  if (!PyArg_ParseTuple(args, "Oz*:mount", &path, &data)) return nullptr;
  Bundle bundle;
  if (data.buf != nullptr) {
    const auto* begin = static_cast<const std::byte*>(data.buf);
    HoldCopy({begin, static_cast<std::size_t>(data.len)}, &bundle);
  }
  PyBuffer_Release(&data);
  auto text = cpython::PathBytes(path);
  if (!text) return nullptr;
  bundle.path = std::move(*text);
  auto point = [&] {
    cpython::GilRelease release;
    return Bundles::MountOne(bundle);
  }();
  if (!point.ok()) return importer::RaiseImportError(point.status(), path);
  return cpython::PathText(point.value()).release();
}

// unmount(point): whether an archive was mounted there.
PyObject* Unmount(PyObject*, PyObject* point) {
  auto text = cpython::PathBytes(point);
  if (!text) return nullptr;
  bool done = [&] {
    cpython::GilRelease release;
    return Bundles::Unmount(*text);
  }();
  return PyBool_FromLong(done);
}

// is_current(point): whether the file mounted there is still as it was.
PyObject* IsCurrent(PyObject*, PyObject* point) {
  auto text = cpython::PathBytes(point);
  if (!text) return nullptr;
  bool current = [&] {
    cpython::GilRelease release;
    return Bundles::IsCurrent(*text);
  }();
  return PyBool_FromLong(current);
}

// inherit(point): children get this mount, too.
PyObject* Inherit(PyObject*, PyObject* point) {
  auto text = cpython::PathBytes(point);
  if (!text) return nullptr;
  AddInherited(Bundles::Inherited({*text}).front());
  Py_RETURN_NONE;
}

PyObject* Disinherit(PyObject*, PyObject* point) {
  auto text = cpython::PathBytes(point);
  if (!text) return nullptr;
  RemoveInherited(*text);
  Py_RETURN_NONE;
}

// inherited(): NAME=value, as children are told.
PyObject* Inherited(PyObject*, PyObject*) {
  cpython::Owned list = cpython::Owned::Steal(PyList_New(0));
  for (const std::string& text : InheritedVariables()) {
    auto item = cpython::Owned::Steal(PyBytes_FromStringAndSize(
        text.data(), static_cast<Py_ssize_t>(text.size())));
    if (!list || !item || PyList_Append(list.get(), item.get()) != 0) {
      return nullptr;
    }
  }
  return list.release();
}

// enable_crash_report(): lib/start.ts's function of that name.
PyObject* EnableCrashReports(PyObject*, PyObject*) {
  EnableCrashReport();
  Py_RETURN_NONE;
}

// swap_exit_functions(): of the session and of the run that goes.
PyObject* SwapExitFunctions(PyObject*, PyObject*) {
  InmemSwapExitFunctions();
  Py_RETURN_NONE;
}

// for_other_exit(register, args, kwargs): calls atexit.register() with the
// other owner's functions in place. No code of Python's runs meanwhile.
PyObject* ForOtherExit(PyObject*, PyObject* args) {
  PyObject* function = nullptr;
  PyObject* rest = nullptr;
  PyObject* keywords = nullptr;
  if (!PyArg_ParseTuple(args, "O!O!O!:for_other_exit", &PyCFunction_Type,
                        &function, &PyTuple_Type, &rest, &PyDict_Type,
                        &keywords)) {
    return nullptr;
  }
  InmemSwapExitFunctions();
  PyObject* result = PyObject_Call(function, rest, keywords);
  InmemSwapExitFunctions();
  return result;
}

PyMethodDef kMethods[] = {
    {"mount", Mount, METH_VARARGS, nullptr},
    {"inherit", Inherit, METH_O, nullptr},
    {"disinherit", Disinherit, METH_O, nullptr},
    {"inherited", Inherited, METH_NOARGS, nullptr},
    {"unmount", Unmount, METH_O, nullptr},
    {"is_current", IsCurrent, METH_O, nullptr},
    {"write_output", WriteOutput, METH_VARARGS, nullptr},
    {"read_into", ReadInto, METH_O, nullptr},
    {"root_certificates", RootCertificates, METH_NOARGS, nullptr},
    {"stop_thread", StopThread, METH_O, nullptr},
    {"enable_crash_report", EnableCrashReports, METH_NOARGS, nullptr},
    {"abandoned", Abandoned, METH_NOARGS, nullptr},
    {"swap_exit_functions", SwapExitFunctions, METH_NOARGS, nullptr},
    {"for_other_exit", ForOtherExit, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

PyModuleDef_Slot kSlots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, nullptr}};

constinit PyModuleDef kModule =
    cpython::DefineModule("_inmem_job", kMethods, kSlots);

}  // namespace

PyObject* InitJobModule() { return PyModuleDef_Init(&kModule); }

}  // namespace inmem::interpreter
