// native/files/look.cc: whose path a path is.
#include "files/look.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "files/files.h"
#include "files/identity.h"
#include "files/real.h"

namespace inmem::files {
namespace {

using vfs::Mount;

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

std::optional<Target> LookApart(const vfs::Tree& tree, int folder,
                                std::string path, unsigned wish) {
  for (int i = 0; i < kTurnLimit; ++i) {
    switch (TakeApart(tree, folder, path)) {
      case Turn::kCovered:
        return ResolveCovered(path, wish);
      case Turn::kNotOurs:
        return std::nullopt;
      case Turn::kAgain:
        break;
    }
  }
  return std::nullopt;
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

std::optional<Target> LookBefore(int folder, const char* path, unsigned wish) {
  if (IsPlainlyReal(path)) return std::nullopt;
  const KeepErrno keep;
  if (const auto full = FromVirtual(folder, path)) {
    return ResolveCovered(*full, wish);
  }
  if (path[0] != '/' || !AttachedTree()->Covers(path)) return std::nullopt;
  return ResolveCovered(path, wish);
}

std::optional<Target> LookAfter(int error, int folder, const char* path,
                                unsigned wish) {
  if (error != ENOTDIR && error != ENOENT) return std::nullopt;
  const vfs::Tree* tree = AttachedTree();
  if (tree == nullptr || path == nullptr || path[0] == '\0') {
    return std::nullopt;
  }
  if (error == ENOENT && std::strstr(path, "inmem") == nullptr) {
    return std::nullopt;
  }
  const KeepErrno keep;
  if (path[0] != '/' && folder != AT_FDCWD) {
    if (auto start = FolderPath(folder)) {
      return ResolveCovered(start->append("/").append(path), wish);
    }
  }
  return LookApart(*tree, folder, path, wish);
}

std::optional<Target> Look(int folder, const char* path, unsigned wish) {
  auto target = LookBefore(folder, path, wish);
  if (target) return target;
  const KeepErrno keep;
  const int flags = (wish & kFollow) != 0 ? 0 : AT_SYMLINK_NOFOLLOW;
  struct stat info = {};
  int error = 0;
  if (RealStatAt(folder, path, &info, flags) != 0) {
    error = errno;
  } else if ((wish & kFolder) != 0 && !S_ISDIR(info.st_mode)) {
    error = ENOTDIR;
  }
  return LookAfter(error, folder, path, wish);
}

std::optional<vfs::Location> LocateFile(const char* path) {
  auto target = Look(AT_FDCWD, path, kFollow);
  if (!target || target->kind != Target::Kind::kFile) return std::nullopt;
  return vfs::Location{std::move(target->mount), std::move(target->name)};
}

}  // namespace inmem::files
