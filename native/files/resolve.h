// native/files/resolve.h: what a path names that lies in a mount. Private to
// the layer.
#pragma once

#include <atomic>
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

Target::Kind KindOf(vfs::Mount::Kind kind);

// How often a path may be taken up anew: by real symbolic links, by ".." that
// leads from one mount to another. As the kernel's MAXSYMLINKS.
inline constexpr int kTurnLimit = 40;

// A mount whose point is a file of the disk: to the kernel it is there.
bool IsOnDisk(const vfs::Mount& mount);

// The tree; null before Attach.
extern constinit std::atomic<const vfs::Tree*> attached_tree;
inline const vfs::Tree* AttachedTree() {
  return attached_tree.load(std::memory_order_acquire);
}

// The folders above the mount points below the reserved root, such as
// /proc/inmem; each once.
std::vector<std::string> FoldersAbove(const vfs::Tree& tree);

// What the absolute `path`, which AttachedTree()->Covers, names.
Target ResolveCovered(std::string_view path, unsigned wish);

}  // namespace inmem::files
