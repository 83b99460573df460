// native/vfs/tree.h: one read-only tree over all mounted archives.
//
// A mount joins an archive to an absolute virtual path that nothing real can
// stand below (the archive file's own path, or a name under the reserved
// root). Virtual path = mount point + '/' + entry name.
#pragma once

#include <cstddef>
#include <cstdint>
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

  enum class Kind : std::uint8_t { kNone, kFile, kDirectory };
  struct Found {
    Kind kind = Kind::kNone;
    archive::Archive::Index index = 0;  // of a file
  };

  // Looks `name` (relative to the mount point, no leading or trailing '/')
  // up; "" is the root. Folders need no entry of their own. A file is one
  // hash lookup; the table of folders is built at its first use.
  Found Lookup(std::string_view name) const;

  // One hash lookup, files only: never builds the table of folders.
  std::optional<archive::Archive::Index> FindFile(std::string_view name) const;

  // Names directly below the folder `name`, sorted. nullopt: not a folder.
  std::optional<std::vector<std::string_view>> List(
      std::string_view name) const;

 private:
  struct Folders;
  const Folders& folders() const;
  std::string point_;
  std::shared_ptr<const archive::Archive> archive_;
  mutable std::unique_ptr<Folders> folders_;  // built under a once_flag
};

struct Location {
  std::shared_ptr<const Mount> mount;
  std::string name;  // relative to the mount point; "" is its root
};

// Threads: all members may be called concurrently.
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

  // The mount whose point is `path` or a prefix of it at a '/', and the rest.
  // `path` must be spelled canonically (normalise it first if unsure).
  std::optional<Location> Locate(std::string_view path) const;

  std::vector<std::shared_ptr<const Mount>> mounts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Removes "//", "/./", "..", and a trailing '/': lexical. A path without a
// leading '/' is taken from the root.
std::string Normalize(std::string_view path);

}  // namespace inmem::vfs
