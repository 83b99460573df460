// native/files/functions.cc: the one list, as a table.
#include <array>
#include <span>

#include "files/files.h"

// Their types are those of the C library and matter to nobody here.
extern "C" {
#define INMEM_FILE(name) void __wrap_##name();
#include "files/functions.def"
#undef INMEM_FILE
}

namespace inmem::files {

std::span<const Function> Functions() {
  static const auto table = std::to_array<Function>({
#define INMEM_FILE(name) {#name, reinterpret_cast<void*>(&__wrap_##name)},
#include "files/functions.def"
#undef INMEM_FILE
  });
  return table;
}

}  // namespace inmem::files
