// native/files/look.h: whose path a path is: the kernel's, or ours and what it
// names. Private to the layer.
#pragma once

#include <optional>

#include "files/resolve.h"
#include "files/working_directory.h"

namespace inmem::files {

// Whether LookBefore has nothing to say of `path`: of almost every path, so
// that this is all that real ones cost.
inline bool IsPlainlyReal(const char* path) {
  const vfs::Tree* tree = AttachedTree();
  if (tree == nullptr || path == nullptr) return true;
  return !MayBeVirtual() && (path[0] != '/' || !tree->Covers(path));
}

// Before the real function is called: what `path` names, where that is known.
// nullopt: ask the real function. errno is left alone, as by the two below.
std::optional<Target> LookBefore(int folder, const char* path, unsigned wish);

// After the real function failed with `error`. nullopt: so be it.
std::optional<Target> LookAfter(int error, int folder, const char* path,
                                unsigned wish);

// Both, for who cannot just call the real function. nullopt: the kernel's.
std::optional<Target> Look(int folder, const char* path, unsigned wish);

}  // namespace inmem::files
