// native/importer/zipimport_module.cc: a builtin `zipimport` that installs the
// importer.
//
// zipimport is what each interpreter, subinterpreters included, imports as soon
// as importlib is there and before `encodings`, its first module from a path.
// It may fail: then there is no zipimporter in sys.path_hooks. This one
// installs the importer and fails; the real one comes from the archive when it
// is needed.
#include "cpython/python_setup.h"

#include "importer/zipimport_module.h"

#include "cpython/module_def.h"
#include "cpython/owned.h"

namespace inmem::importer {
namespace {

using cpython::Owned;

bool InstallImporter() {
  Owned boot = Owned::Steal(PyImport_ImportModule("_inmem_boot"));
  if (!boot) return false;
  return static_cast<bool>(
      Owned::Steal(PyObject_CallMethod(boot.get(), "install", nullptr)));
}

int ExecModule(PyObject*) {
  // Until the start is over (python_config.cc): nothing of it is garbage.
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) PyGC_Disable();
  // The caller forgets every error; what is wrong with our own has to be seen.
  if (!InstallImporter()) PyErr_Print();
  PyErr_SetString(PyExc_ImportError, "zipimport is imported when it is needed");
  return -1;
}

PyModuleDef_Slot kSlots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(ExecModule)},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, nullptr}};

constinit PyModuleDef kModule =
    cpython::DefineModule("zipimport", nullptr, kSlots);

}  // namespace

PyObject* InitZipimportModule() { return PyModuleDef_Init(&kModule); }

}  // namespace inmem::importer
