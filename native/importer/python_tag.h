// native/importer/python_tag.h: the tag and suffix of our extension modules.
#pragma once

#include <string_view>

namespace inmem::importer {

// ".cpython-313-x86_64-linux-gnu.so": from the CPython that was linked.
std::string_view ExtensionSuffix();

// "cpython-313": the part of the suffix that names the Python version.
std::string_view PythonTag();

}  // namespace inmem::importer
