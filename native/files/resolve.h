// native/files/resolve.h: what a path names, as the mounts and the kernel see
// it. Private to the layer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vfs/tree.h"

namespace inmem::files {

// What a caller wants of the last component.
enum Wish : unsigned {
  kFollow = 1,  // symbolic links are followed
  kFolder = 2,  // a folder: at a mount point, the archive's root
};

struct Target {
  enum class Kind : std::uint8_t {
    kReal,     // the kernel's; `path` is what to ask it for
    kMissing,  // ours, and not there: `error`
    kFile,
    kDirectory,
    kSymlink,
  };
  Kind kind = Kind::kReal;
  int error = 0;
  bool in_folder = false;  // kMissing: its folder is there
  bool has_slash = false;  // the path ends with '/'
  vfs::Mount::Found found;
  // Null in folders above the mount points, such as /proc/inmem.
  std::shared_ptr<const vfs::Mount> mount;
  std::string name;  // in the mount, canonical
  std::string path;  // of kReal and where there is no mount

  bool exists() const { return kind > Kind::kMissing; }
  // The absolute path.
  std::string Path() const;
};

// The tree; null before Attach.
const vfs::Tree* AttachedTree();

// Before the real function is called: whether it need not be, or with another
// path. Then `target` says what to do.
bool LookBefore(int folder, const char* path, unsigned wish, Target& target);

// After the real function failed with `error`. errno is left alone.
bool LookAfter(int error, int folder, const char* path, unsigned wish,
               Target& target);

// The folders above the mount points below the reserved root, such as
// /proc/inmem; each once.
std::vector<std::string> FoldersAbove(const vfs::Tree& tree);

// What the absolute `path`, which AttachedTree()->Covers, names.
void ResolveCovered(std::string_view path, unsigned wish, Target& target);

}  // namespace inmem::files
