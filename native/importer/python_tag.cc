// native/importer/python_tag.cc: the tag and suffix of our extension modules.
#include "importer/python_tag.h"

#include <string_view>

namespace inmem::importer {

std::string_view ExtensionSuffix() { return INMEM_PYTHON_EXT_SUFFIX; }

std::string_view PythonTag() {
  std::string_view suffix = ExtensionSuffix();
  suffix.remove_prefix(1);
  return suffix.substr(0, suffix.find('-', suffix.find('-') + 1));
}

}  // namespace inmem::importer
