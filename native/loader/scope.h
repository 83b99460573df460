// native/loader/scope.h: the order in which symbols are looked up.
// Private to the layer.
#pragma once

#include <cstddef>
#include <vector>

#include "loader/registry.h"

namespace inmem::loader {

// An object to look in. `object` is null for a library of the host.
struct ScopeMember {
  SharedObject* object = nullptr;
  const Image* image = nullptr;
  void* handle = nullptr;
};

// Technical note. dlopen of a file, outside Node, looks symbols up in the
// executable, the libraries that it needs, what was opened RTLD_GLOBAL since,
// and then in the closure of the file that was opened, breadth first: the root,
// its needs in order, the needs of those. All objects that come with one root
// are relocated in that order, also those at the bottom; what was loaded before
// stays as it is. Inside Node the executable is Node, which exports OpenSSL,
// zlib, libuv and much more. This is the order without it. The executable's own
// part, python and the C library, is left out too: see IsPythonOrCLibrary.
// Takes: how many of the registry's globals() count.
std::vector<ScopeMember> DiskScope(Registry& registry, SharedObject& root,
                                   std::size_t globals);

// Whether a library of the host that this order has defines it, too.
bool IsSharedWithHost(const std::vector<ScopeMember>& scope,
                      const elf::SymbolTable::Reference& reference);

// The root and all that it reaches in its archive, breadth first.
std::vector<SharedObject*> Reachable(SharedObject& root);

}  // namespace inmem::loader
