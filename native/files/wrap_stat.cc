// native/files/wrap_stat.cc: what is known of a path or a descriptor.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "archive/archive.h"
#include "files/attributes.h"
#include "files/descriptor.h"
#include "files/real.h"
#include "files/route.h"

namespace inmem::files {
namespace {

// glibc's only version of struct stat on 64-bit machines, and the kernel's.
constexpr int kStatVersion = 1;
constexpr int kKernelStatVersion = 0;
static_assert(sizeof(struct stat) == sizeof(struct stat64));

constexpr unsigned kBlockSize = 4096;
constexpr int kTmpfsMagic = 0x01021994;
constexpr int kNameLimit = 255;

int Fstat(int fd, struct stat* out) {
  const int result = RealFstat(fd, out);
  if (result == 0 && MayBeOurs(*out)) [[unlikely]] {
    if (const auto identity = IdentityOf(fd, *out)) AmendStat(*identity, out);
  }
  return result;
}

int StatAt(int folder, const char* path, struct stat* out, int flags) {
  const bool is_descriptor =
      (flags & AT_EMPTY_PATH) != 0 && path != nullptr && path[0] == '\0';
  if (is_descriptor) {
    const int result = RealStatAt(folder, path, out, flags);
    if (result == 0 && folder >= 0) {
      if (const auto identity = IdentityOf(folder, *out)) {
        AmendStat(*identity, out);
      }
    }
    return result;
  }
  return RouteExisting(
      folder, path, FollowUnless((flags & AT_SYMLINK_NOFOLLOW) != 0),
      [out, flags](int at, const char* name) {
        const int result = RealStatAt(at, name, out, flags);
        if (result == 0 && MayBeOurs(*out)) [[unlikely]] {
          if (const auto identity = IdentityAt(at, name, *out)) {
            AmendStat(*identity, out);
          }
        }
        return result;
      },
      [out](const Target& target) {
        FillStat(target, out);
        return 0;
      });
}

int Statx(int folder, const char* path, int flags, unsigned mask,
          struct statx* out) {
  const auto real = [&](int at, const char* name) {
    return static_cast<int>(::syscall(SYS_statx, at, name, flags, mask, out));
  };
  if ((flags & AT_EMPTY_PATH) != 0 && path != nullptr && path[0] == '\0') {
    struct stat info = {};
    const auto identity = folder >= 0 && RealFstat(folder, &info) == 0
                              ? IdentityOf(folder, info)
                              : std::nullopt;
    if (!identity) return real(folder, path);
    AmendStat(*identity, &info);
    FillStatx(info, out);
    return 0;
  }
  return RouteExisting(
      folder, path, FollowUnless((flags & AT_SYMLINK_NOFOLLOW) != 0),
      [&](int at, const char* name) {
        const int result = real(at, name);
        struct stat info = {};
        if (result != 0 || out->stx_nlink != 0 ||
            RealStatAt(at, name, &info, flags & AT_SYMLINK_NOFOLLOW) != 0) {
          return result;
        }
        if (const auto identity = IdentityAt(at, name, info)) {
          AmendStat(*identity, &info);
          FillStatx(info, out);
        }
        return result;
      },
      [out](const Target& target) {
        struct stat info = {};
        FillStat(target, &info);
        FillStatx(info, out);
        return 0;
      });
}

bool IsKnownVersion(int version) {
  return version == kStatVersion || version == kKernelStatVersion;
}

// A file system of the archive's size, full, and read-only.
void FillStatvfs(const vfs::Mount* mount, struct statvfs* out) {
  *out = {};
  out->f_bsize = kBlockSize;
  out->f_frsize = kBlockSize;
  if (mount != nullptr) {
    const archive::Archive& archive = mount->archive();
    out->f_blocks =
        (archive.source().size_bytes() + kBlockSize - 1) / kBlockSize;
    out->f_files = archive.entry_count();
  }
  out->f_fsid = kDeviceMinor;
  out->f_flag = ST_RDONLY | ST_NOSUID | ST_NODEV;
  out->f_namemax = kNameLimit;
}

void FillStatfs(const vfs::Mount* mount, struct statfs* out) {
  struct statvfs same = {};
  FillStatvfs(mount, &same);
  *out = {};
  // Programs ask it for network and proc file systems; this one is in memory.
  out->f_type = kTmpfsMagic;
  out->f_bsize = kBlockSize;
  out->f_frsize = kBlockSize;
  out->f_blocks = same.f_blocks;
  out->f_files = same.f_files;
  out->f_namelen = kNameLimit;
  constexpr int kValid = 0x20;  // ST_VALID: the flags are filled in
  out->f_flags = static_cast<decltype(out->f_flags)>(same.f_flag) | kValid;
}

// access() for what is there and may be read by all.
int Access(const Target& target, int mode) {
  if ((mode & ~(R_OK | W_OK | X_OK)) != 0) return Fail(EINVAL);
  if ((mode & W_OK) != 0) return Fail(EROFS);
  if ((mode & X_OK) == 0 || target.kind != Target::Kind::kFile) return 0;
  const mode_t permissions = FileMode(target);
  // Ours are all the user's own files, and a superuser may execute what any
  // may.
  const mode_t needed = ::geteuid() == 0 ? 0111 : 0100;
  return (permissions & needed) != 0 ? 0 : Fail(EACCES);
}

int FaccessAt(int folder, const char* path, int mode, int flags) {
  return RouteExisting(
      folder, path, FollowUnless((flags & AT_SYMLINK_NOFOLLOW) != 0),
      [mode, flags](int at, const char* name) {
        return __real_faccessat(at, name, mode, flags);
      },
      [mode](const Target& target) { return Access(target, mode); });
}

long Pathconf(const Target&, int name) {
  switch (name) {
    case _PC_NAME_MAX:
      return kNameLimit;
    case _PC_PATH_MAX:
      return PATH_MAX;
    case _PC_LINK_MAX:
      return 1;
    case _PC_REC_XFER_ALIGN:
    case _PC_ALLOC_SIZE_MIN:
    case _PC_REC_MIN_XFER_SIZE:
      return kBlockSize;
    default:
      return __real_pathconf("/", name);
  }
}

}  // namespace
}  // namespace inmem::files

extern "C" {

// NOLINTBEGIN(google-build-using-namespace)
using namespace inmem::files;
// NOLINTEND(google-build-using-namespace)

int __wrap_stat(const char* path, struct stat* out) {
  return StatAt(AT_FDCWD, path, out, 0);
}
int __wrap_lstat(const char* path, struct stat* out) {
  return StatAt(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}
int __wrap_fstat(int fd, struct stat* out) { return Fstat(fd, out); }
int __wrap_fstatat(int folder, const char* path, struct stat* out, int flags) {
  return StatAt(folder, path, out, flags);
}
// struct stat64 is struct stat.
int __wrap_stat64(const char* path, struct stat* out)
    __attribute__((alias("__wrap_stat")));
int __wrap_lstat64(const char* path, struct stat* out)
    __attribute__((alias("__wrap_lstat")));
int __wrap_fstat64(int fd, struct stat* out)
    __attribute__((alias("__wrap_fstat")));
int __wrap_fstatat64(int folder, const char* path, struct stat* out, int flags)
    __attribute__((alias("__wrap_fstatat")));

int __wrap___xstat(int version, const char* path, struct stat* out) {
  return IsKnownVersion(version) ? StatAt(AT_FDCWD, path, out, 0)
                                 : Fail(EINVAL);
}
int __wrap___lxstat(int version, const char* path, struct stat* out) {
  return IsKnownVersion(version)
             ? StatAt(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW)
             : Fail(EINVAL);
}
int __wrap___fxstat(int version, int fd, struct stat* out) {
  return IsKnownVersion(version) ? Fstat(fd, out) : Fail(EINVAL);
}
int __wrap___fxstatat(int version, int folder, const char* path,
                      struct stat* out, int flags) {
  return IsKnownVersion(version) ? StatAt(folder, path, out, flags)
                                 : Fail(EINVAL);
}
int __wrap___xstat64(int version, const char* path, struct stat* out) {
  return __wrap___xstat(version, path, out);
}
int __wrap___lxstat64(int version, const char* path, struct stat* out) {
  return __wrap___lxstat(version, path, out);
}
int __wrap___fxstat64(int version, int fd, struct stat* out) {
  return __wrap___fxstat(version, fd, out);
}
int __wrap___fxstatat64(int version, int folder, const char* path,
                        struct stat* out, int flags) {
  return __wrap___fxstatat(version, folder, path, out, flags);
}

int __wrap_statx(int folder, const char* path, int flags, unsigned mask,
                 struct statx* out) {
  return Statx(folder, path, flags, mask, out);
}

int __wrap_statvfs(const char* path, struct statvfs* out) {
  return RouteExisting(
      AT_FDCWD, path, kFollow,
      [out](int, const char* name) { return __real_statvfs(name, out); },
      [out](const Target& target) {
        FillStatvfs(target.mount.get(), out);
        return 0;
      });
}
int __wrap_fstatvfs(int fd, struct statvfs* out) {
  if (!IdentityOf(fd)) return __real_fstatvfs(fd, out);
  FillStatvfs(nullptr, out);
  return 0;
}
int __wrap_statvfs64(const char* path, struct statvfs* out) {
  return __wrap_statvfs(path, out);
}
int __wrap_fstatvfs64(int fd, struct statvfs* out) {
  return __wrap_fstatvfs(fd, out);
}

int __wrap_statfs(const char* path, struct statfs* out) {
  return RouteExisting(
      AT_FDCWD, path, kFollow,
      [out](int, const char* name) { return __real_statfs(name, out); },
      [out](const Target& target) {
        FillStatfs(target.mount.get(), out);
        return 0;
      });
}
int __wrap_fstatfs(int fd, struct statfs* out) {
  if (!IdentityOf(fd)) return __real_fstatfs(fd, out);
  FillStatfs(nullptr, out);
  return 0;
}
int __wrap_statfs64(const char* path, struct statfs* out) {
  return __wrap_statfs(path, out);
}
int __wrap_fstatfs64(int fd, struct statfs* out) {
  return __wrap_fstatfs(fd, out);
}

int __wrap_faccessat(int folder, const char* path, int mode, int flags) {
  return FaccessAt(folder, path, mode, flags);
}
int __wrap_access(const char* path, int mode) {
  return FaccessAt(AT_FDCWD, path, mode, 0);
}
int __wrap_euidaccess(const char* path, int mode) {
  return FaccessAt(AT_FDCWD, path, mode, AT_EACCESS);
}
int __wrap_eaccess(const char* path, int mode) {
  return FaccessAt(AT_FDCWD, path, mode, AT_EACCESS);
}

long __wrap_pathconf(const char* path, int name) {
  return RouteExisting(
      AT_FDCWD, path, kFollow,
      [name](int, const char* real) { return __real_pathconf(real, name); },
      [name](const Target& target) { return Pathconf(target, name); });
}

// Ours have no extended attributes.
ssize_t __wrap_getxattr(const char* path, const char* name, void* value,
                        size_t size) {
  return RouteExisting(
      AT_FDCWD, path, kFollow,
      [&](int, const char* real) {
        return __real_getxattr(real, name, value, size);
      },
      [](const Target&) { return Fail<ssize_t>(ENODATA); });
}
ssize_t __wrap_lgetxattr(const char* path, const char* name, void* value,
                         size_t size) {
  return RouteExisting(
      AT_FDCWD, path, 0,
      [&](int, const char* real) {
        return __real_lgetxattr(real, name, value, size);
      },
      [](const Target&) { return Fail<ssize_t>(ENODATA); });
}
ssize_t __wrap_listxattr(const char* path, char* list, size_t size) {
  return RouteExisting(
      AT_FDCWD, path, kFollow,
      [&](int, const char* real) { return __real_listxattr(real, list, size); },
      [](const Target&) { return ssize_t{0}; });
}
ssize_t __wrap_llistxattr(const char* path, char* list, size_t size) {
  return RouteExisting(
      AT_FDCWD, path, 0,
      [&](int, const char* real) {
        return __real_llistxattr(real, list, size);
      },
      [](const Target&) { return ssize_t{0}; });
}

}  // extern "C"
