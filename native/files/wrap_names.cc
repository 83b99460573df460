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
#include <string_view>

#include "files/identity.h"
#include "files/real.h"
#include "files/resolve.h"
#include "files/route.h"
#include "files/working_directory.h"

namespace inmem::files {
namespace {

// A link in /proc to a descriptor of ours says the path that was opened.
ssize_t RealReadLink(int folder, const char* path, char* out, size_t size) {
  constexpr std::string_view kOurs = "/memfd:inmem:";
  const ssize_t count = folder == AT_FDCWD
                            ? __real_readlink(path, out, size)
                            : __real_readlinkat(folder, path, out, size);
  if (count <= static_cast<ssize_t>(kOurs.size()) ||
      !std::string_view(out, kOurs.size()).starts_with(kOurs)) {
    return count;
  }
  std::array<char, 320> text;
  const ssize_t whole =
      __real_readlinkat(folder, path, text.data(), text.size());
  if (whole <= 0) return count;
  const auto identity =
      IdentityOfLink({text.data(), static_cast<size_t>(whole)});
  const auto target = identity ? TargetOf(*identity) : std::nullopt;
  if (!target) return count;
  const std::string its = target->Path();
  const size_t given = std::min(size, its.size());
  std::copy_n(its.data(), given, out);
  // The kernel does not touch what stands behind its text.
  if (given < static_cast<size_t>(count)) {
    std::fill(out + given, out + count, '\0');
  }
  return static_cast<ssize_t>(given);
}

ssize_t ReadLinkAt(int folder, const char* path, char* out, size_t size) {
  return RouteExisting(
      folder, path, 0,
      [&](int at, const char* name) {
        return RealReadLink(at, name, out, size);
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

char* GiveCanonical(const Target& target, char* out) {
  const std::string text = Canonical(target);
  if (text.size() >= PATH_MAX) return Fail<char*>(ENAMETOOLONG);
  return GiveText(text, out, out != nullptr ? PATH_MAX : 0);
}

// The C library goes along links in /proc by their text, which leads nowhere
// for a memfd; the kernel follows them.
char* RealRealPath(const char* path, char* out) {
  char* real = __real_realpath(path, out);
  if (real != nullptr || errno != ENOENT) return real;
  struct stat info = {};
  if (RealStatAt(AT_FDCWD, path, &info, 0) != 0) return nullptr;
  const auto identity = IdentityAt(AT_FDCWD, path, info);
  const auto target = identity ? TargetOf(*identity) : std::nullopt;
  return target ? GiveCanonical(*target, out) : Fail<char*>(ENOENT);
}

char* RealPath(const char* path, char* out) {
  return RouteExisting(
      AT_FDCWD, path, kFollow,
      [out](int, const char* name) { return RealRealPath(name, out); },
      [out](const Target& target) { return GiveCanonical(target, out); });
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
  return path ? Enter(ResolveCovered(*path, kFollow | kFolder)) : Fail(ENOTDIR);
}

char* __wrap_getcwd(char* out, size_t size) { return GetCwd(out, size); }
char* __wrap___getcwd_chk(char* out, size_t size, size_t room) {
  if (room < size) std::abort();
  return GetCwd(out, size);
}
char* __wrap_get_current_dir_name() { return GetCwd(nullptr, 0); }

}  // extern "C"
