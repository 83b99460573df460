// native/cpython/strings.cc: str and bytes to and from C++ strings.
#include "cpython/strings.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cpython/owned.h"

namespace inmem::cpython {

std::optional<std::string_view> Utf8View(PyObject* text) {
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(text, &size);
  if (data == nullptr) return std::nullopt;
  return std::string_view(data, static_cast<std::size_t>(size));
}

std::optional<std::string> PathBytes(PyObject* path) {
  PyObject* converted = nullptr;
  if (PyUnicode_FSConverter(path, &converted) == 0) return std::nullopt;
  Owned bytes = Owned::Steal(converted);
  return std::string(PyBytes_AS_STRING(bytes.get()),
                     static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.get())));
}

Owned PathText(std::string_view path) {
  return Owned::Steal(PyUnicode_DecodeUTF8(
      path.data(), static_cast<Py_ssize_t>(path.size()), "surrogateescape"));
}

Owned PathList(const std::vector<std::string>& paths) {
  Owned list = Owned::Steal(PyList_New(0));
  for (const std::string& path : paths) {
    Owned item = PathText(path);
    if (!list || !item || PyList_Append(list.get(), item.get()) != 0) return {};
  }
  return list;
}

}  // namespace inmem::cpython
