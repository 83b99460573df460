// native/importer/new_interpreters.cc: functions of `_inmem` that tell a new
// subinterpreter what the program that starts it has, and what it is.
#include "importer/new_interpreters.h"

#include <string>
#include <utility>
#include <vector>

#include "cpython/strings.h"
#include "importer/interpreter_features.h"
#include "importer/state.h"

namespace inmem::importer {
namespace {

// program_path(): the mount points that a new interpreter has on sys.path.
PyObject* ProgramPath(PyObject*, PyObject*) {
  return cpython::PathList(State::Get().program_path()).release();
}

// site_points(): the mount points whose .pth files a new interpreter acts on.
PyObject* SitePoints(PyObject*, PyObject*) {
  return cpython::PathList(State::Get().site_points()).release();
}

// set_site_points(points)
PyObject* SetSitePoints(PyObject*, PyObject* list) {
  if (!PyList_Check(list)) {
    PyErr_SetString(PyExc_TypeError, "set_site_points: expected a list");
    return nullptr;
  }
  std::vector<std::string> points;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); ++i) {
    auto point = cpython::PathBytes(PyList_GET_ITEM(list, i));
    if (!point) return nullptr;
    points.push_back(*std::move(point));
  }
  State::Get().SetSitePoints(std::move(points));
  Py_RETURN_NONE;
}

// checks_extensions(): whether this interpreter has no extension module but
// those that support several.
PyObject* ChecksExtensions(PyObject*, PyObject*) {
  return PyBool_FromLong(InmemChecksExtensions());
}

PyMethodDef kMethods[] = {
    {"checks_extensions", ChecksExtensions, METH_NOARGS, nullptr},
    {"program_path", ProgramPath, METH_NOARGS, nullptr},
    {"site_points", SitePoints, METH_NOARGS, nullptr},
    {"set_site_points", SetSitePoints, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr}};

}  // namespace

bool AddNewInterpreterFunctions(PyObject* module) {
  return PyModule_AddFunctions(module, kMethods) == 0;
}

}  // namespace inmem::importer
