// native/files/resolve.cc: what a path names, as the mounts and the kernel see
// it.
#include "files/resolve.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <pthread.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "files/descriptor.h"
#include "files/files.h"
#include "files/real.h"
#include "files/working_directory.h"

namespace inmem::files {
namespace {

using vfs::Mount;

// How often a path may be taken up anew: by real symbolic links, by ".." that
// leads from one mount to another. As the kernel's MAXSYMLINKS.
constexpr int kTurnLimit = 40;

std::atomic<const vfs::Tree*>& TreeSlot() {
  static std::atomic<const vfs::Tree*> tree{nullptr};
  return tree;
}

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

Target::Kind KindOf(Mount::Kind kind) {
  switch (kind) {
    case Mount::Kind::kFile:
      return Target::Kind::kFile;
    case Mount::Kind::kSymlink:
      return Target::Kind::kSymlink;
    default:
      return Target::Kind::kDirectory;
  }
}

std::string_view FolderOf(std::string_view path) {
  return path.substr(0, path.rfind('/'));
}

// A mount whose point is a file of the disk: to the kernel it is there.
bool IsOnDisk(const Mount& mount) {
  return !mount.point().starts_with(vfs::kReservedRoot);
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

// --- paths that the kernel could not go ------------------------------------

// Where a real prefix of a path ends and what stands there.
struct Prefix {
  std::size_t size = 0;  // of the path's text; 0: the folder it starts from
  struct stat info = {};
};

// The longest prefix of `path` that the kernel knows.
Prefix LongestReal(int folder, const std::string& path) {
  Prefix prefix;
  for (std::size_t end = path.size(); end > 0; end = path.rfind('/', end - 1)) {
    if (end == std::string::npos) break;
    const std::string text = path.substr(0, end);
    if (RealStatAt(folder, text.c_str(), &prefix.info, 0) == 0) {
      prefix.size = end;
      return prefix;
    }
  }
  const char* start = path.front() == '/' ? "/" : ".";
  if (RealStatAt(path.front() == '/' ? AT_FDCWD : folder, start, &prefix.info,
                 0) != 0) {
    prefix.info = {};
  }
  return prefix;
}

bool IsSameFile(const struct stat& info, const char* path) {
  struct stat other = {};
  return RealStatAt(AT_FDCWD, path, &other, 0) == 0 &&
         other.st_dev == info.st_dev && other.st_ino == info.st_ino;
}

// The mount whose bundle is the file, by whatever name it was reached.
std::shared_ptr<const Mount> MountOfFile(const vfs::Tree& tree,
                                         const struct stat& info) {
  for (auto& mount : tree.mounts()) {
    if (IsOnDisk(*mount) && IsSameFile(info, mount->point().c_str())) {
      return mount;
    }
  }
  return nullptr;
}

std::string ReadRealLink(int folder, const std::string& path) {
  std::array<char, PATH_MAX> text;
  const ssize_t size =
      __real_readlinkat(folder, path.c_str(), text.data(), text.size());
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size))
                  : std::string();
}

// One turn: `path` becomes a covered path, or another one to be tried, or is
// left; what is to be done with it then.
enum class Turn { kCovered, kAgain, kNotOurs };

Turn TakeApart(const vfs::Tree& tree, int folder, std::string& path) {
  const Prefix prefix = LongestReal(folder, path);
  const std::string rest = path.substr(prefix.size);
  if (S_ISREG(prefix.info.st_mode)) {
    // By a name in /proc, a descriptor of a folder of ours is a file.
    auto start =
        FolderPathAt(folder, path.substr(0, prefix.size).c_str(), prefix.info);
    if (!start) {
      const auto mount = MountOfFile(tree, prefix.info);
      if (!mount) return Turn::kNotOurs;
      start = mount->point();
    }
    path = *start + rest;
    return Turn::kCovered;
  }
  if (!S_ISDIR(prefix.info.st_mode)) return Turn::kNotOurs;
  // The first name that is not there: the reserved root, or a symbolic link to
  // what only we know.
  const std::size_t begin = rest.find_first_not_of('/');
  if (begin == std::string::npos) return Turn::kNotOurs;
  const std::size_t end = rest.find('/', begin);
  const std::string name = rest.substr(begin, end - begin);
  const std::string after = end == std::string::npos ? "" : rest.substr(end);
  if ("/proc/" + name == vfs::kReservedRoot &&
      IsSameFile(prefix.info, "/proc")) {
    path = std::string(vfs::kReservedRoot) + after;
    return Turn::kCovered;
  }
  const bool from_start = prefix.size == 0 && path.front() != '/';
  const std::string parent =
      from_start ? std::string() : path.substr(0, prefix.size) + '/';
  const std::string link = ReadRealLink(folder, parent + name);
  if (link.empty()) return Turn::kNotOurs;
  path = (link.front() == '/' ? link : parent + link) + after;
  if (path.size() >= PATH_MAX) return Turn::kNotOurs;
  return path.front() == '/' && tree.Covers(path.c_str()) ? Turn::kCovered
                                                          : Turn::kAgain;
}

bool LookApart(const vfs::Tree& tree, int folder, std::string path,
               unsigned wish, Target& target) {
  for (int i = 0; i < kTurnLimit; ++i) {
    switch (TakeApart(tree, folder, path)) {
      case Turn::kCovered:
        ResolveCovered(path, wish, target);
        return true;
      case Turn::kNotOurs:
        return false;
      case Turn::kAgain:
        break;
    }
  }
  return false;
}

// What stands for the working directory in /proc.
std::string_view AfterOwnCwd(std::string_view path) {
  for (const std::string_view name :
       {std::string_view("/proc/self/cwd"),
        std::string_view("/proc/thread-self/cwd")}) {
    if (path.starts_with(name) &&
        (path.size() == name.size() || path[name.size()] == '/')) {
      return path.substr(name.size());
    }
  }
  return {};
}

// A path that starts from a virtual working directory. nullopt: it does not.
std::optional<std::string> FromVirtual(int folder, const char* path) {
  if (path[0] == '\0') return std::nullopt;
  const bool is_absolute = path[0] == '/';
  if (!is_absolute && folder != AT_FDCWD) return std::nullopt;
  const std::string_view after = is_absolute ? AfterOwnCwd(path) : "";
  if (is_absolute && after.empty()) return std::nullopt;
  auto cwd = Virtual();
  if (!cwd) return std::nullopt;
  return is_absolute ? cwd->append(after) : cwd->append("/").append(path);
}

class KeepErrno {
 public:
  KeepErrno() : saved_(errno) {}
  ~KeepErrno() { errno = saved_; }
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;

 private:
  int saved_;
};

}  // namespace

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

const vfs::Tree* AttachedTree() {
  return TreeSlot().load(std::memory_order_acquire);
}

void Attach(const vfs::Tree& tree) {
  (void)MayBeVirtual();  // notes which process this is
  TreeSlot().store(&tree, std::memory_order_release);
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

void ResolveCovered(std::string_view path, unsigned wish, Target& target) {
  const vfs::Tree& tree = *AttachedTree();
  std::string changed;  // what the path has become
  target.has_slash = path.ends_with('/');
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

bool LookBefore(int folder, const char* path, unsigned wish, Target& target) {
  const vfs::Tree* tree = AttachedTree();
  if (tree == nullptr || path == nullptr) return false;
  if (MayBeVirtual()) [[unlikely]] {
    if (auto full = FromVirtual(folder, path)) {
      ResolveCovered(*full, wish, target);
      return true;
    }
  }
  if (path[0] != '/' || !tree->Covers(path)) [[likely]] {
    return false;
  }
  const KeepErrno keep;
  ResolveCovered(path, wish, target);
  return true;
}

bool LookAfter(int error, int folder, const char* path, unsigned wish,
               Target& target) {
  if (error != ENOTDIR && error != ENOENT) return false;
  const vfs::Tree* tree = AttachedTree();
  if (tree == nullptr || path == nullptr || path[0] == '\0') return false;
  if (error == ENOENT && std::strstr(path, "inmem") == nullptr) return false;
  const KeepErrno keep;
  if (path[0] != '/' && folder != AT_FDCWD) {
    if (auto start = FolderPath(folder)) {
      ResolveCovered(start->append("/").append(path), wish, target);
      return true;
    }
  }
  return LookApart(*tree, folder, path, wish, target);
}

std::optional<vfs::Location> LocateFile(const char* path) {
  Target target;
  const KeepErrno keep;
  if (!LookBefore(AT_FDCWD, path, kFollow, target)) {
    struct stat info = {};
    if (RealStatAt(AT_FDCWD, path, &info, 0) == 0 ||
        !LookAfter(errno, AT_FDCWD, path, kFollow, target)) {
      return std::nullopt;
    }
  }
  if (target.kind != Target::Kind::kFile) return std::nullopt;
  return vfs::Location{target.mount, target.name};
}

}  // namespace inmem::files
