// native/files/real.h: the C library's functions themselves.
// Private to the layer.
//
// Whoever links this layer does so with --wrap of functions.def: __real_open is
// then the C library's open. The stat family are system calls: glibc before
// 2.33, which the addon may be built for, has other names for it.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#include <cstdio>

extern "C" {
int __real_open(const char* path, int flags, ...);
int __real_openat(int folder, const char* path, int flags, ...);
FILE* __real_fopen(const char* path, const char* mode);
FILE* __real_freopen(const char* path, const char* mode, FILE* stream);
int __real_statfs(const char* path, struct statfs* out);
int __real_fstatfs(int fd, struct statfs* out);
int __real_statvfs(const char* path, struct statvfs* out);
int __real_fstatvfs(int fd, struct statvfs* out);
int __real_faccessat(int folder, const char* path, int mode, int flags);
long __real_pathconf(const char* path, int name);
ssize_t __real_getxattr(const char* path, const char* name, void* value,
                        size_t size);
ssize_t __real_lgetxattr(const char* path, const char* name, void* value,
                         size_t size);
ssize_t __real_listxattr(const char* path, char* list, size_t size);
ssize_t __real_llistxattr(const char* path, char* list, size_t size);
DIR* __real_opendir(const char* path);
DIR* __real_fdopendir(int fd);
dirent* __real_readdir(DIR* stream);
int __real_readdir_r(DIR* stream, dirent* entry, dirent** result);
void __real_rewinddir(DIR* stream);
void __real_seekdir(DIR* stream, long position);
long __real_telldir(DIR* stream);
int __real_closedir(DIR* stream);
int __real_dirfd(DIR* stream);
int __real_scandir(const char* path, dirent*** names,
                   int (*filter)(const dirent*),
                   int (*compare)(const dirent**, const dirent**));
int __real_glob(const char* pattern, int flags, int (*fail)(const char*, int),
                glob_t* out);
ssize_t __real_readlink(const char* path, char* out, size_t size);
ssize_t __real_readlinkat(int folder, const char* path, char* out, size_t size);
char* __real_realpath(const char* path, char* out);
int __real_chdir(const char* path);
int __real_fchdir(int fd);
char* __real_getcwd(char* out, size_t size);
int __real_unlinkat(int folder, const char* path, int flags);
int __real_remove(const char* path);
int __real_mkdirat(int folder, const char* path, mode_t mode);
int __real_renameat(int from_folder, const char* from, int to_folder,
                    const char* to);
int __real_renameat2(int from_folder, const char* from, int to_folder,
                     const char* to, unsigned flags);
int __real_linkat(int from_folder, const char* from, int to_folder,
                  const char* to, int flags);
int __real_symlinkat(const char* target, int folder, const char* path);
int __real_fchmodat(int folder, const char* path, mode_t mode, int flags);
int __real_fchownat(int folder, const char* path, uid_t owner, gid_t group,
                    int flags);
int __real_utime(const char* path, const utimbuf* times);
int __real_futimesat(int folder, const char* path, const timeval* times);
int __real_lutimes(const char* path, const timeval* times);
int __real_utimensat(int folder, const char* path, const timespec* times,
                     int flags);
int __real_truncate(const char* path, off_t size);
int __real_mkfifoat(int folder, const char* path, mode_t mode);
int __real_setxattr(const char* path, const char* name, const void* value,
                    size_t size, int flags);
int __real_lsetxattr(const char* path, const char* name, const void* value,
                     size_t size, int flags);
int __real_removexattr(const char* path, const char* name);
int __real_lremovexattr(const char* path, const char* name);
int __real_posix_spawn_file_actions_addopen(posix_spawn_file_actions_t* actions,
                                            int fd, const char* path, int flags,
                                            mode_t mode);
int __real_posix_spawn_file_actions_addchdir_np(
    posix_spawn_file_actions_t* actions, const char* path);
int __real_posix_spawn_file_actions_addfchdir_np(
    posix_spawn_file_actions_t* actions, int fd);
int __real_posix_spawn_file_actions_init(posix_spawn_file_actions_t* actions);
int __real_posix_spawn_file_actions_destroy(
    posix_spawn_file_actions_t* actions);
}

namespace inmem::files {

inline int RealStatAt(int folder, const char* path, struct stat* out,
                      int flags) {
  return static_cast<int>(::syscall(SYS_newfstatat, folder, path, out, flags));
}

inline int RealFstat(int fd, struct stat* out) {
  return static_cast<int>(::syscall(SYS_fstat, fd, out));
}

}  // namespace inmem::files
