// native/files/resolve.cc: what a path names that lies in a mount.
#include "files/resolve.h"

#include <linux/limits.h>
#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "files/descriptor.h"
#include "files/files.h"
#include "files/working_directory.h"

namespace inmem::files {
namespace {

using vfs::Mount;

void SetMissing(Target& target, int error, bool in_folder = false) {
  target.kind = Target::Kind::kMissing;
  target.error = error;
  target.in_folder = in_folder;
}

void SetReal(Target& target, std::string path) {
  target.kind = Target::Kind::kReal;
  target.path = std::move(path);
}

int ErrorOf(Mount::End end) {
  switch (end) {
    case Mount::End::kNotDirectory:
      return ENOTDIR;
    case Mount::End::kLoop:
      return ELOOP;
    case Mount::End::kTooLong:
      return ENAMETOOLONG;
    case Mount::End::kDamaged:
      return EIO;
    default:
      return ENOENT;
  }
}

std::string_view FolderOf(std::string_view path) {
  return path.substr(0, path.rfind('/'));
}

// Below the reserved root and in no mount: a folder above some mount, or
// nothing. `path` is normalised.
void ResolveReserved(const vfs::Tree& tree, const std::string& path,
                     Target& target) {
  const auto folders = FoldersAbove(tree);
  if (!std::ranges::binary_search(folders, path)) {
    const std::string parent(FolderOf(path));
    return SetMissing(target, ENOENT,
                      std::ranges::binary_search(folders, parent));
  }
  target.kind = Target::Kind::kDirectory;
  target.found.kind = Mount::Kind::kDirectory;
  target.path = path;
}

// Goes along in the mount; gives where the path leads on where it leaves it.
std::optional<std::string> ResolveInMount(vfs::Location location, unsigned wish,
                                          Target& target) {
  const Mount& mount = *location.mount;
  const bool follow = (wish & kFollow) != 0;
  target.mount = std::move(location.mount);
  // Nearly always the name is canonical and leads to what is meant.
  const Mount::Found found = location.name.size() < NAME_MAX
                                 ? mount.Find(location.name)
                                 : Mount::Found{};
  if (found.kind == Mount::Kind::kFile ||
      found.kind == Mount::Kind::kDirectory ||
      (found.kind == Mount::Kind::kSymlink && !follow)) {
    target.kind = KindOf(found.kind);
    target.found = found;
    target.name = std::move(location.name);
    return std::nullopt;
  }
  Mount::Walked walked = mount.Walk(location.name, follow);
  if (walked.end == Mount::End::kLeft) {
    std::string on(FolderOf(mount.point()));
    target.mount.reset();
    return on.append("/").append(walked.rest);
  }
  target.found = walked.found;
  target.name = std::move(walked.name);
  if (walked.end == Mount::End::kFound) {
    target.kind = KindOf(walked.found.kind);
  } else {
    SetMissing(target, ErrorOf(walked.end), walked.in_folder);
  }
  return std::nullopt;
}

// What `path`, which is absolute and covered, names.
void Resolve(const vfs::Tree& tree, std::string_view path, unsigned wish,
             Target& target) {
  std::string changed;  // what the path has become
  for (int i = 0; i < kTurnLimit; ++i) {
    if (path.size() >= PATH_MAX) return SetMissing(target, ENAMETOOLONG);
    if (auto location = tree.Locate(path)) {
      if (path == location->mount->point() && (wish & kFolder) == 0 &&
          IsOnDisk(*location->mount)) {
        return SetReal(target, std::string(path));
      }
      auto on = ResolveInMount(std::move(*location), wish, target);
      if (!on) return;
      changed = std::move(*on);
    } else {
      std::string normal = vfs::Normalize(path);
      if (normal == path || normal + '/' == path) {
        return ResolveReserved(tree, normal, target);
      }
      changed = std::move(normal);
    }
    path = changed;
    if (!tree.Covers(changed.c_str())) {
      return SetReal(target, std::move(changed));
    }
  }
  SetMissing(target, ELOOP);
}

}  // namespace

Target::Kind KindOf(vfs::Mount::Kind kind) {
  switch (kind) {
    case vfs::Mount::Kind::kFile:
      return Target::Kind::kFile;
    case vfs::Mount::Kind::kSymlink:
      return Target::Kind::kSymlink;
    default:
      return Target::Kind::kDirectory;
  }
}

bool IsOnDisk(const vfs::Mount& mount) {
  return !mount.point().starts_with(vfs::kReservedRoot);
}

std::string Target::Path() const {
  if (mount == nullptr) return path;
  if (name.empty()) return mount->point();
  std::string full = mount->point();
  full += '/';
  return full += name;
}

std::vector<std::string> FoldersAbove(const vfs::Tree& tree) {
  std::vector<std::string> folders;
  for (const auto& mount : tree.mounts()) {
    if (IsOnDisk(*mount)) continue;
    std::string_view folder = FolderOf(mount->point());
    for (; folder.starts_with(vfs::kReservedRoot); folder = FolderOf(folder)) {
      folders.emplace_back(folder);
    }
  }
  std::ranges::sort(folders);
  // clang 14 cannot compile std::ranges::unique of this library.
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return folders;
}

constinit std::atomic<const vfs::Tree*> attached_tree = nullptr;

void Attach(const vfs::Tree& tree) {
  NoteProcess();
  attached_tree.store(&tree, std::memory_order_release);
  // Handlers that come later, those of wheels among them, run while the lock is
  // free: the first to prepare, the last in parent and child.
  static const int registered =
      ::pthread_atfork([] { AttachedTree()->LockForFork(); },
                       [] { AttachedTree()->UnlockAfterFork(); },
                       [] {
                         AttachedTree()->UnlockAfterFork();
                         ForgetProcess();
                       });
  (void)registered;
}

Target ResolveCovered(std::string_view path, unsigned wish) {
  Target target;
  target.has_slash = path.ends_with('/');
  Resolve(*AttachedTree(), path, wish, target);
  return target;
}

}  // namespace inmem::files
