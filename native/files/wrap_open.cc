// native/files/wrap_open.cc: open, fopen and their spellings.
#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <string_view>

#include "files/descriptor.h"
#include "files/real.h"
#include "files/route.h"
#include "os/unique_fd.h"

// NOLINTBEGIN(cert-dcl50-cpp): the C library's own signatures

namespace inmem::files {
namespace {

// The argument behind the flags: there only where they make a file.
mode_t GivenMode(int flags, va_list rest) {
  const bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return makes ? va_arg(rest, mode_t) : 0;
}

int Open(int folder, const char* path, int flags, mode_t mode) {
  // A new file's last component is not followed; what exists decides.
  const bool no_follow = (flags & O_NOFOLLOW) != 0 ||
                         (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  const unsigned wish =
      FollowUnless(no_follow) | ((flags & O_DIRECTORY) != 0 ? kFolder : 0U);
  return Route(
      folder, path, wish,
      [&](int at, const char* name) {
        return __real_openat(at, name, flags, mode);
      },
      [&](const Target& target) { return OpenTarget(target, flags); });
}

// The flags that a mode of fopen stands for. Source: fopen(3).
int FlagsOf(std::string_view mode) {
  int flags = 0;
  switch (mode.empty() ? '\0' : mode.front()) {
    case 'r':
      break;
    case 'w':
      flags = O_WRONLY | O_CREAT | O_TRUNC;
      break;
    case 'a':
      flags = O_WRONLY | O_CREAT | O_APPEND;
      break;
    default:
      return -1;
  }
  for (const char letter : mode.substr(1, mode.find(',') - 1)) {
    if (letter == '+') flags = (flags & ~O_ACCMODE) | O_RDWR;
    if (letter == 'x') flags |= O_EXCL;
    if (letter == 'e') flags |= O_CLOEXEC;
  }
  return flags;
}

FILE* OpenStream(const Target& target, const char* mode) {
  const int flags = mode != nullptr ? FlagsOf(mode) : -1;
  if (flags < 0) return Fail<FILE*>(EINVAL);
  os::UniqueFd fd(OpenTarget(target, flags));
  if (!fd.valid()) return nullptr;
  FILE* stream = ::fdopen(fd.get(), mode);
  if (stream != nullptr) fd.Release();
  return stream;
}

// The stream keeps its number, as freopen's callers expect of stdin.
FILE* ReopenStream(const Target& target, const char* mode, FILE* stream) {
  const int flags = mode != nullptr ? FlagsOf(mode) : -1;
  const os::UniqueFd fd(flags < 0 ? Fail(EINVAL) : OpenTarget(target, flags));
  if (!fd.valid()) {
    const int error = errno;
    std::fclose(stream);
    return Fail<FILE*>(error);
  }
  std::array<char, 32> path;
  (void)std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd.get());
  return __real_freopen(path.data(), mode, stream);
}

}  // namespace
}  // namespace inmem::files

extern "C" {

int __wrap_open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = inmem::files::GivenMode(flags, rest);
  va_end(rest);
  return inmem::files::Open(AT_FDCWD, path, flags, mode);
}

int __wrap_openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = inmem::files::GivenMode(flags, rest);
  va_end(rest);
  return inmem::files::Open(folder, path, flags, mode);
}

// What off_t's size changed elsewhere is one function here.
int __wrap_open64(const char* path, int flags, ...)
    __attribute__((alias("__wrap_open")));
int __wrap_openat64(int folder, const char* path, int flags, ...)
    __attribute__((alias("__wrap_openat")));

int __wrap___open_2(const char* path, int flags) {
  return inmem::files::Open(AT_FDCWD, path, flags, 0);
}
int __wrap___open64_2(const char* path, int flags) {
  return inmem::files::Open(AT_FDCWD, path, flags, 0);
}
int __wrap___openat_2(int folder, const char* path, int flags) {
  return inmem::files::Open(folder, path, flags, 0);
}
int __wrap___openat64_2(int folder, const char* path, int flags) {
  return inmem::files::Open(folder, path, flags, 0);
}

int __wrap_creat(const char* path, mode_t mode) {
  return inmem::files::Open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int __wrap_creat64(const char* path, mode_t mode) {
  return __wrap_creat(path, mode);
}

FILE* __wrap_fopen(const char* path, const char* mode) {
  using namespace inmem::files;  // NOLINT(google-build-using-namespace)
  const bool is_new =
      mode != nullptr && FlagsOf(mode) > 0 && (FlagsOf(mode) & O_EXCL) != 0;
  return Route(
      AT_FDCWD, path, FollowUnless(is_new),
      [mode](int, const char* name) { return __real_fopen(name, mode); },
      [mode](const Target& target) { return OpenStream(target, mode); });
}
FILE* __wrap_fopen64(const char* path, const char* mode) {
  return __wrap_fopen(path, mode);
}

// A failed freopen has closed the stream: the path is looked at beforehand.
FILE* __wrap_freopen(const char* path, const char* mode, FILE* stream) {
  using namespace inmem::files;  // NOLINT(google-build-using-namespace)
  const auto target = Look(AT_FDCWD, path, kFollow);
  if (!target) return __real_freopen(path, mode, stream);
  if (target->kind == Target::Kind::kReal) {
    return __real_freopen(target->path.c_str(), mode, stream);
  }
  return ReopenStream(*target, mode, stream);
}
FILE* __wrap_freopen64(const char* path, const char* mode, FILE* stream) {
  return __wrap_freopen(path, mode, stream);
}

}  // extern "C"

// NOLINTEND(cert-dcl50-cpp)
