// native/importer/new_interpreters.h: functions of `_inmem` that tell a new
// subinterpreter what the program that starts it has.
#pragma once

#include "cpython/python_setup.h"

namespace inmem::importer {

// program_path, site_points and set_site_points; false with an exception set.
bool AddNewInterpreterFunctions(PyObject* module);

}  // namespace inmem::importer
