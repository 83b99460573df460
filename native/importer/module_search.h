// native/importer/module_search.h: which entries make up a Python module.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "archive/archive.h"
#include "vfs/tree.h"

namespace inmem::importer {

struct ModuleEntries {
  using Index = archive::Archive::Index;
  bool is_package = false;
  std::optional<Index> extension;
  std::optional<Index> source;    // .py
  std::optional<Index> bytecode;  // .pyc beside it, or alone
};

// Looks for module `tail` (the last component) in `folder` of the mount, in
// importlib's order: package before module, extension before source before
// bytecode alone. `ext_suffix` is the interpreter's own, such as
// ".cpython-313-x86_64-linux-gnu.so"; ".abi3.so" and ".so" follow.
// Source: Lib/importlib/_bootstrap_external.py, FileFinder.find_spec.
std::optional<ModuleEntries> FindModule(const vfs::Mount& mount,
                                        std::string_view folder,
                                        std::string_view tail,
                                        std::string_view ext_suffix);

}  // namespace inmem::importer
