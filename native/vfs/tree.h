// native/vfs/tree.h: one read-only tree over all mounted archives.
//
// A mount joins an archive to an absolute virtual path that nothing real can
// stand below (the archive file's own path, or a name under the reserved
// root). Virtual path = mount point + '/' + entry name.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/archive.h"
#include "base/status.h"

namespace inmem::vfs {

// An archive at its mount point. Immutable; shared by all who use it, so an
// unmount never pulls bytes from under a reader.
class Mount {
 public:
  Mount(std::string point, std::shared_ptr<const archive::Archive> archive);
  ~Mount();
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  const std::string& point() const { return point_; }  // absolute, no '/' end
  const archive::Archive& archive() const { return *archive_; }

  enum class Kind : std::uint8_t { kNone, kFile, kDirectory, kSymlink };
  struct Found {
    Kind kind = Kind::kNone;
    archive::Archive::Index index = 0;  // of a file or symbolic link
  };

  // Looks `name` (relative to the mount point, no leading or trailing '/')
  // up; "" is the root. Folders need no entry of their own. A file is one
  // hash lookup; the table of folders is built at its first use. Symbolic links
  // are followed, inside the archive alone.
  Found Lookup(std::string_view name) const;

  // The same without following: what stands under just this name.
  Found Find(std::string_view name) const;

  // Files only, symbolic links followed: one hash lookup where the archive has
  // none; then it never builds the table of folders.
  std::optional<archive::Archive::Index> FindFile(std::string_view name) const;

  // How a path below the mount point ends; see Walk.
  enum class End : std::uint8_t {
    kFound,
    kMissing,       // ENOENT
    kNotDirectory,  // ENOTDIR
    kLoop,          // ELOOP: too many symbolic links
    kTooLong,       // ENAMETOOLONG: a component of more than 255 bytes
    kDamaged,       // EIO: a symbolic link's text cannot be read
    kLeft,          // ".." led above the mount point
  };
  struct Walked {
    End end = End::kMissing;
    Found found;
    std::string name;        // canonical: what was found, or would have been
    bool in_folder = false;  // kMissing: only the last component is
    std::string rest;        // kLeft: what is still to be gone, from the
                             // folder of the mount point
  };
  // Goes along `path` (relative to the mount point) as the kernel does: "." and
  // "//" are nothing, ".." is the folder that was come to, a '/' at the end
  // asks for a folder, symbolic links are followed - the last component's only
  // with `follow_last`. A link that leads out of the archive leads nowhere.
  Walked Walk(std::string_view path, bool follow_last) const;

  // The text of a symbolic link. Errors: those of Archive::Read.
  Result<std::string> ReadLink(archive::Archive::Index index) const;

  // A number that no other name of this mount has, and hardly one of another
  // mount; the same in every process that mounts this archive here.
  std::uint64_t Inode(const Found& found, std::string_view name) const;
  // The folder with this number, nullopt if it is none of this mount's.
  std::optional<std::string_view> FolderOf(std::uint64_t inode) const;
  // The same for a file.
  std::optional<std::string_view> FileOf(std::uint64_t inode) const;

  // Names directly below the folder `name`, sorted. nullopt: not a folder.
  std::optional<std::vector<std::string_view>> List(
      std::string_view name) const;

 private:
  struct Folders;
  struct Children;
  template <typename Table, typename... Args>
  static const Table& MadeOnce(std::atomic<const Table*>& slot,
                               const Args&... args);
  const Folders& folders() const;
  std::uint64_t FolderInodeBase() const;
  std::uint64_t inode_base_;
  std::string point_;
  std::shared_ptr<const archive::Archive> archive_;
  // Made at their first use.
  mutable std::atomic<const Folders*> folders_ = nullptr;
  mutable std::atomic<const Children*> children_ = nullptr;
};

// Mounts that are no file of the disk lie below it: nothing real can.
inline constexpr std::string_view kReservedRoot = "/proc/inmem";

struct Location {
  std::shared_ptr<const Mount> mount;
  std::string name;  // relative to the mount point; "" is its root
};

// Threads: all members may be called concurrently, and in a child of fork where
// fork was called between LockForFork and UnlockAfterFork.
class Tree {
 public:
  Tree();
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  // Errors: kInterpreter where the point is taken by another archive.
  Result<std::shared_ptr<const Mount>> Add(
      std::string point, std::shared_ptr<const archive::Archive> archive);
  void Remove(std::string_view point);

  // Whether the absolute `path` may lie in a mount: it begins, at a '/', with a
  // mount point or with the reserved root. Without a lock and without memory
  // of its own, and inline: most paths of a program are not ours.
  bool Covers(const char* path) const;

  // The mount whose point is `path` or a prefix of it at a '/', and the rest.
  // `path` must be spelled canonically (normalise it first if unsure).
  std::optional<Location> Locate(std::string_view path) const;

  std::vector<std::shared_ptr<const Mount>> mounts() const;

  // For pthread_atfork: no other thread holds the lock while the process is
  // copied. The second is for parent and child.
  void LockForFork() const;
  void UnlockAfterFork() const;

 private:
  struct Impl;
  using Prefixes = std::vector<std::string>;
  std::atomic<const Prefixes*> prefixes_;  // what Covers compares
  std::unique_ptr<Impl> impl_;
};

inline bool Tree::Covers(const char* path) const {
  for (const std::string& prefix : *prefixes_.load(std::memory_order_acquire)) {
    // The first letter behind the '/' tells most apart, without a call.
    if (path[1] != prefix[1]) continue;
    if (std::strncmp(path, prefix.c_str(), prefix.size()) != 0) continue;
    const char next = path[prefix.size()];
    if (next == '\0' || next == '/') return true;
  }
  return false;
}

// Removes "//", "/./", "..", and a trailing '/': lexical. A path without a
// leading '/' is taken from the root.
std::string Normalize(std::string_view path);

}  // namespace inmem::vfs
