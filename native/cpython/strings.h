// native/cpython/strings.h: str and bytes to and from C++ strings.
#pragma once

#include "cpython/python_setup.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cpython/owned.h"

namespace inmem::cpython {

// The UTF-8 form of a str, borrowed from the object (which caches it).
// nullopt with a Python exception set: not a str, or lone surrogates.
std::optional<std::string_view> Utf8View(PyObject* text);

// A path, as the kernel takes it: str through the file system encoding (lone
// surrogates are raw bytes), or bytes. nullopt with an exception set.
std::optional<std::string> PathBytes(PyObject* path);

// Text whose invalid UTF-8 becomes lone surrogates, as os.fsdecode does.
// Null with a Python exception set.
Owned PathText(std::string_view path);

// A list of them, as sys.path is one.
Owned PathList(const std::vector<std::string>& paths);

}  // namespace inmem::cpython
