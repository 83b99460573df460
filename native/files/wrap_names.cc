// native/files/wrap_names.cc: links, canonical paths, the working directory.
#include <fcntl.h>
#include <linux/limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "files/descriptor.h"
#include "files/real.h"
#include "files/resolve.h"
#include "files/route.h"
#include "files/working_directory.h"

namespace inmem::files {
namespace {

ssize_t ReadLinkAt(int folder, const char* path, char* out, size_t size) {
  return RouteExisting(
      folder, path, 0,
      [&](int at, const char* name) {
        return at == AT_FDCWD ? __real_readlink(name, out, size)
                              : __real_readlinkat(at, name, out, size);
      },
      [&](const Target& target) {
        if (target.kind != Target::Kind::kSymlink || size == 0) {
          return Fail<ssize_t>(EINVAL);
        }
        const auto text = target.mount->ReadLink(target.found.index);
        if (!text.ok()) return Fail<ssize_t>(EIO);
        const size_t count = std::min(size, text.value().size());
        std::memcpy(out, text.value().data(), count);
        return static_cast<ssize_t>(count);
      });
}

// `text` into the caller's buffer or, where it has none, one that it frees.
char* GiveText(const std::string& text, char* out, size_t size) {
  if (out == nullptr) {
    const size_t wanted = size != 0 ? size : text.size() + 1;
    if (wanted <= text.size()) return Fail<char*>(ERANGE);
    out = static_cast<char*>(std::malloc(wanted));
    if (out == nullptr) return Fail<char*>(ENOMEM);
  } else if (size <= text.size()) {
    return Fail<char*>(size == 0 ? EINVAL : ERANGE);
  }
  std::memcpy(out, text.c_str(), text.size() + 1);
  return out;
}

// What Path() is where the bundle's own path has symbolic links.
std::string Canonical(const Target& target) {
  std::string path = target.Path();
  if (target.mount == nullptr) return path;
  const std::string& point = target.mount->point();
  std::array<char, PATH_MAX> real;
  const int saved = errno;
  if (__real_realpath(point.c_str(), real.data()) != nullptr) {
    path.replace(0, point.size(), real.data());
  }
  errno = saved;
  return path;
}

char* RealPath(const char* path, char* out) {
  return RouteExisting(
      AT_FDCWD, path, kFollow,
      [out](int, const char* name) { return __real_realpath(name, out); },
      [out](const Target& target) {
        const std::string text = Canonical(target);
        if (text.size() >= PATH_MAX) return Fail<char*>(ENAMETOOLONG);
        return GiveText(text, out, out != nullptr ? PATH_MAX : 0);
      });
}

char* GetCwd(char* out, size_t size) {
  const auto path = Virtual();
  return path ? GiveText(*path, out, size) : __real_getcwd(out, size);
}

}  // namespace
}  // namespace inmem::files

extern "C" {

// NOLINTBEGIN(google-build-using-namespace)
using namespace inmem::files;
// NOLINTEND(google-build-using-namespace)

ssize_t __wrap_readlinkat(int folder, const char* path, char* out,
                          size_t size) {
  return ReadLinkAt(folder, path, out, size);
}
ssize_t __wrap_readlink(const char* path, char* out, size_t size) {
  return ReadLinkAt(AT_FDCWD, path, out, size);
}
// The _chk ones are called where the compiler knows the buffer's size.
ssize_t __wrap___readlink_chk(const char* path, char* out, size_t size,
                              size_t room) {
  if (room < size) std::abort();
  return ReadLinkAt(AT_FDCWD, path, out, size);
}
ssize_t __wrap___readlinkat_chk(int folder, const char* path, char* out,
                                size_t size, size_t room) {
  if (room < size) std::abort();
  return ReadLinkAt(folder, path, out, size);
}

char* __wrap_realpath(const char* path, char* out) {
  return RealPath(path, out);
}
char* __wrap___realpath_chk(const char* path, char* out, size_t room) {
  if (room < PATH_MAX) std::abort();
  return RealPath(path, out);
}
char* __wrap_canonicalize_file_name(const char* path) {
  return RealPath(path, nullptr);
}

int __wrap_chdir(const char* path) {
  return Route(
      AT_FDCWD, path, kFollow | kFolder,
      [](int, const char* name) {
        const int result = __real_chdir(name);
        if (result == 0) Leave();
        return result;
      },
      Enter);
}

int __wrap_fchdir(int fd) {
  const int result = __real_fchdir(fd);
  if (result == 0) {
    Leave();
    return result;
  }
  if (errno != ENOTDIR) return result;
  const auto path = FolderPath(fd);
  if (!path) return Fail(ENOTDIR);
  Target target;
  ResolveCovered(*path, kFollow | kFolder, target);
  return Enter(target);
}

char* __wrap_getcwd(char* out, size_t size) { return GetCwd(out, size); }
char* __wrap___getcwd_chk(char* out, size_t size, size_t room) {
  if (room < size) std::abort();
  return GetCwd(out, size);
}
char* __wrap_get_current_dir_name() { return GetCwd(nullptr, 0); }

}  // extern "C"
