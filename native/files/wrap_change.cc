// native/files/wrap_change.cc: what would change the tree: refused.
//
// The order of errors is the kernel's on a read-only file system: first the
// folder of the name must be there, then (EEXIST, EISDIR) what is known without
// writing, then EROFS. But what is not there cannot be removed or renamed:
// ENOENT, as the kernel says in a folder without write permission. Programs
// remove what may not be there (a stale .pyc) and expect no other error.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#include <cerrno>
#include <string_view>

#include "files/real.h"
#include "files/route.h"

namespace inmem::files {
namespace {

// A name that would be made.
int RefuseNew(const Target& target) {
  if (target.exists()) return Fail(EEXIST);
  if (target.in_folder && target.has_slash) return Fail(ENOENT);
  return Fail(target.in_folder ? EROFS : target.error);
}

// What would be changed in place, or removed.
int RefuseChange(const Target& target) {
  return Fail(target.exists() ? EROFS : target.error);
}

std::string_view LastComponent(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

// Names that removal refuses as they are spelled.
int SpellingError(const char* path, bool is_folder) {
  if (path == nullptr) return 0;
  const std::string_view name = LastComponent(path);
  if (name == ".") return is_folder ? EINVAL : EISDIR;
  if (name == "..") return is_folder ? ENOTEMPTY : EISDIR;
  return 0;
}

int UnlinkAt(int folder, const char* path, int flags) {
  return Route(
      folder, path, 0,
      [flags](int at, const char* name) {
        return __real_unlinkat(at, name, flags);
      },
      [&](const Target& target) {
        const int error = SpellingError(path, (flags & AT_REMOVEDIR) != 0);
        return error != 0 ? Fail(error) : RefuseChange(target);
      });
}

int MkdirAt(int folder, const char* path, mode_t mode) {
  return Route(
      folder, path, 0,
      [mode](int at, const char* name) {
        return __real_mkdirat(at, name, mode);
      },
      [](Target target) {
        target.has_slash = false;  // a folder may be asked for so
        return RefuseNew(target);
      });
}

int MknodAt(int folder, const char* path, mode_t mode, dev_t device) {
  return Route(
      folder, path, 0,
      [&](int at, const char* name) {
        return static_cast<int>(::syscall(SYS_mknodat, at, name, mode, device));
      },
      RefuseNew);
}

// Which of two names lie in mounts. Either one may be real.
struct Pair {
  Target from;
  Target to;
  bool has_dots = false;  // one is spelled with "." or ".." at its end
};

bool IsOurs(const Target& target) { return target.kind != Target::Kind::kReal; }

// Calls real(from folder, from, to folder, to) where neither is ours; `refuse`
// else.
template <typename Real, typename Refuse>
int RouteBoth(int from_folder, const char* from, int to_folder, const char* to,
              unsigned wish, Real real, Refuse refuse) {
  if (from == nullptr || to == nullptr ||
      (!LookBefore(from_folder, from, wish) && !LookBefore(to_folder, to, 0))) {
    const int result = real(from_folder, from, to_folder, to);
    if (result == 0 || (errno != ENOTDIR && errno != ENOENT)) return result;
  }
  const Pair pair{.from = Look(from_folder, from, wish).value_or(Target()),
                  .to = Look(to_folder, to, 0).value_or(Target()),
                  .has_dots = SpellingError(from, true) != 0 ||
                              SpellingError(to, true) != 0};
  if (IsOurs(pair.from) || IsOurs(pair.to)) return refuse(pair);
  const auto name = [](const Target& target, const char* path) {
    return target.path.empty() ? path : target.path.c_str();
  };
  const auto folder = [](const Target& target, int fd) {
    return target.path.empty() ? fd : AT_FDCWD;
  };
  return real(folder(pair.from, from_folder), name(pair.from, from),
              folder(pair.to, to_folder), name(pair.to, to));
}

// Source: fs/namei.c do_renameat2: the parents first, then the mounts.
int RefuseRename(const Pair& pair) {
  for (const Target* target : {&pair.from, &pair.to}) {
    if (IsOurs(*target) && !target->exists() && !target->in_folder) {
      return Fail(target->error);
    }
  }
  const bool in_one =
      IsOurs(pair.from) && IsOurs(pair.to) && pair.from.mount == pair.to.mount;
  if (!in_one) return Fail(EXDEV);
  if (!pair.from.exists()) return Fail(pair.from.error);
  return Fail(pair.has_dots ? EBUSY : EROFS);
}

// Source: fs/namei.c do_linkat: the old name, then the new one, then the
// mounts.
int RefuseLink(const Pair& pair) {
  if (IsOurs(pair.from) && !pair.from.exists()) return Fail(pair.from.error);
  return IsOurs(pair.to) ? RefuseNew(pair.to) : Fail(EXDEV);
}

int LinkAt(int from_folder, const char* from, int to_folder, const char* to,
           int flags) {
  const auto real = [flags](int at, const char* name, int to_at,
                            const char* to_name) {
    return __real_linkat(at, name, to_at, to_name, flags);
  };
  return RouteBoth(from_folder, from, to_folder, to,
                   FollowUnless((flags & AT_SYMLINK_FOLLOW) == 0), real,
                   RefuseLink);
}

int Chmod(int folder, const char* path, mode_t mode, int flags) {
  return Route(
      folder, path, FollowUnless((flags & AT_SYMLINK_NOFOLLOW) != 0),
      [&](int at, const char* name) {
        return __real_fchmodat(at, name, mode, flags);
      },
      RefuseChange);
}

int Chown(int folder, const char* path, uid_t owner, gid_t group, int flags) {
  const auto real = [&](int at, const char* name) {
    return __real_fchownat(at, name, owner, group, flags);
  };
  if (path != nullptr && path[0] == '\0') return real(folder, path);
  return Route(folder, path, FollowUnless((flags & AT_SYMLINK_NOFOLLOW) != 0),
               real, RefuseChange);
}

int RefuseTruncation(const Target& target) {
  return target.kind == Target::Kind::kDirectory ? Fail(EISDIR)
                                                 : RefuseChange(target);
}

}  // namespace
}  // namespace inmem::files

extern "C" {

// NOLINTBEGIN(google-build-using-namespace)
using namespace inmem::files;
// NOLINTEND(google-build-using-namespace)

int __wrap_unlinkat(int folder, const char* path, int flags) {
  return UnlinkAt(folder, path, flags);
}
int __wrap_unlink(const char* path) { return UnlinkAt(AT_FDCWD, path, 0); }
int __wrap_rmdir(const char* path) {
  return UnlinkAt(AT_FDCWD, path, AT_REMOVEDIR);
}
int __wrap_remove(const char* path) {
  return Route(
      AT_FDCWD, path, 0,
      [](int, const char* name) { return __real_remove(name); },
      [path](const Target& target) {
        const int error = SpellingError(path, true);
        return error != 0 ? Fail(error) : RefuseChange(target);
      });
}
int __wrap_mkdirat(int folder, const char* path, mode_t mode) {
  return MkdirAt(folder, path, mode);
}
int __wrap_mkdir(const char* path, mode_t mode) {
  return MkdirAt(AT_FDCWD, path, mode);
}
int __wrap_mkfifoat(int folder, const char* path, mode_t mode) {
  return MknodAt(folder, path, (mode & ~static_cast<mode_t>(S_IFMT)) | S_IFIFO,
                 0);
}
int __wrap_mkfifo(const char* path, mode_t mode) {
  return __wrap_mkfifoat(AT_FDCWD, path, mode);
}
int __wrap_mknodat(int folder, const char* path, mode_t mode, dev_t device) {
  return MknodAt(folder, path, mode, device);
}
int __wrap_mknod(const char* path, mode_t mode, dev_t device) {
  return MknodAt(AT_FDCWD, path, mode, device);
}
// Before glibc 2.33; the version is that of dev_t.
int __wrap___xmknodat(int version, int folder, const char* path, mode_t mode,
                      dev_t* device) {
  return version == 0 ? MknodAt(folder, path, mode, *device) : Fail(EINVAL);
}
int __wrap___xmknod(int version, const char* path, mode_t mode, dev_t* device) {
  return __wrap___xmknodat(version, AT_FDCWD, path, mode, device);
}

int __wrap_renameat(int from_folder, const char* from, int to_folder,
                    const char* to) {
  return RouteBoth(from_folder, from, to_folder, to, 0, __real_renameat,
                   RefuseRename);
}
int __wrap_rename(const char* from, const char* to) {
  return __wrap_renameat(AT_FDCWD, from, AT_FDCWD, to);
}
int __wrap_renameat2(int from_folder, const char* from, int to_folder,
                     const char* to, unsigned flags) {
  const auto real = [flags](int at, const char* name, int to_at,
                            const char* to_name) {
    return __real_renameat2(at, name, to_at, to_name, flags);
  };
  return RouteBoth(from_folder, from, to_folder, to, 0, real, RefuseRename);
}
int __wrap_linkat(int from_folder, const char* from, int to_folder,
                  const char* to, int flags) {
  return LinkAt(from_folder, from, to_folder, to, flags);
}
int __wrap_link(const char* from, const char* to) {
  return LinkAt(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int __wrap_symlinkat(const char* target_text, int folder, const char* path) {
  return Route(
      folder, path, 0,
      [target_text](int at, const char* name) {
        return __real_symlinkat(target_text, at, name);
      },
      RefuseNew);
}
int __wrap_symlink(const char* target_text, const char* path) {
  return __wrap_symlinkat(target_text, AT_FDCWD, path);
}

int __wrap_fchmodat(int folder, const char* path, mode_t mode, int flags) {
  return Chmod(folder, path, mode, flags);
}
int __wrap_chmod(const char* path, mode_t mode) {
  return Chmod(AT_FDCWD, path, mode, 0);
}
int __wrap_fchownat(int folder, const char* path, uid_t owner, gid_t group,
                    int flags) {
  return Chown(folder, path, owner, group, flags);
}
int __wrap_chown(const char* path, uid_t owner, gid_t group) {
  return Chown(AT_FDCWD, path, owner, group, 0);
}
int __wrap_lchown(const char* path, uid_t owner, gid_t group) {
  return Chown(AT_FDCWD, path, owner, group, AT_SYMLINK_NOFOLLOW);
}

int __wrap_utime(const char* path, const utimbuf* times) {
  return Route(
      AT_FDCWD, path, kFollow,
      [times](int, const char* name) { return __real_utime(name, times); },
      RefuseChange);
}
int __wrap_futimesat(int folder, const char* path, const timeval* times) {
  return Route(
      folder, path, kFollow,
      [times](int at, const char* name) {
        return __real_futimesat(at, name, times);
      },
      RefuseChange);
}
int __wrap_utimes(const char* path, const timeval* times) {
  return __wrap_futimesat(AT_FDCWD, path, times);
}
int __wrap_lutimes(const char* path, const timeval* times) {
  return Route(
      AT_FDCWD, path, 0,
      [times](int, const char* name) { return __real_lutimes(name, times); },
      RefuseChange);
}
int __wrap_utimensat(int folder, const char* path, const timespec* times,
                     int flags) {
  return Route(
      folder, path, FollowUnless((flags & AT_SYMLINK_NOFOLLOW) != 0),
      [&](int at, const char* name) {
        return __real_utimensat(at, name, times, flags);
      },
      RefuseChange);
}
int __wrap_truncate(const char* path, off_t size) {
  return Route(
      AT_FDCWD, path, kFollow,
      [size](int, const char* name) { return __real_truncate(name, size); },
      RefuseTruncation);
}
int __wrap_truncate64(const char* path, off_t size) {
  return __wrap_truncate(path, size);
}

int __wrap_setxattr(const char* path, const char* name, const void* value,
                    size_t size, int flags) {
  return Route(
      AT_FDCWD, path, kFollow,
      [&](int, const char* real) {
        return __real_setxattr(real, name, value, size, flags);
      },
      RefuseChange);
}
int __wrap_lsetxattr(const char* path, const char* name, const void* value,
                     size_t size, int flags) {
  return Route(
      AT_FDCWD, path, 0,
      [&](int, const char* real) {
        return __real_lsetxattr(real, name, value, size, flags);
      },
      RefuseChange);
}
int __wrap_removexattr(const char* path, const char* name) {
  return Route(
      AT_FDCWD, path, kFollow,
      [name](int, const char* real) { return __real_removexattr(real, name); },
      RefuseChange);
}
int __wrap_lremovexattr(const char* path, const char* name) {
  return Route(
      AT_FDCWD, path, 0,
      [name](int, const char* real) { return __real_lremovexattr(real, name); },
      RefuseChange);
}

}  // extern "C"
