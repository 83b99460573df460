// native/loader/need_search.h: where in its archive a DT_NEEDED is found.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vfs/tree.h"

namespace inmem::loader {

// What the search must know of an object. All views are borrowed.
struct Seeker {
  std::string_view entry;  // the object's name in the archive
  std::optional<std::string_view> rpath;
  std::optional<std::string_view> runpath;
  const Seeker* loader = nullptr;  // the object that needs this one, if any
};

struct NeedFound {
  std::optional<std::string> entry;     // the library's name in the archive
  std::vector<std::string> looked_for;  // in order; for messages
};

// Looks `need` up in this order, of which 1 is ld.so's own:
//   1. the object's DT_RPATH and its loaders' ones (if it has no DT_RUNPATH),
//      else its DT_RUNPATH; only what begins with $ORIGIN is in the archive
//   2. the object's folder
//   3. the folders *.libs beside the folders above it, that of its own package
//      first: by file name, then, with `by_soname`, by soname
// Takes: `need` (foreign).
NeedFound FindNeed(const vfs::Mount& mount, const Seeker& seeker,
                   std::string_view need, bool by_soname = true);

// `folder` + '/' + `relative` with "." and ".." resolved; nullopt where it
// leaves the archive or names its root. `folder` "" is the root.
std::optional<std::string> JoinInArchive(std::string_view folder,
                                         std::string_view relative);

// "a/b" of "a/b/c.so", "" of "c.so"; and "c.so" of both.
std::string_view FolderOf(std::string_view entry);
std::string_view BaseNameOf(std::string_view entry);

}  // namespace inmem::loader
