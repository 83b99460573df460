// native/importer/zipimport_module.cc: a builtin `zipimport` that waits.
#include "cpython/python_setup.h"

#include "importer/zipimport_module.h"

namespace inmem::importer {
namespace {

int ExecModule(PyObject* module) {
  PyGC_Disable();
  return PyModule_AddObjectRef(module, "zipimporter", Py_None);
}

PyModuleDef_Slot kSlots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(ExecModule)},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, nullptr}};

PyModuleDef kModule = {PyModuleDef_HEAD_INIT,
                       "zipimport",
                       nullptr,
                       0,
                       nullptr,
                       kSlots,
                       nullptr,
                       nullptr,
                       nullptr};

}  // namespace

PyObject* InitZipimportModule() { return PyModuleDef_Init(&kModule); }

}  // namespace inmem::importer
