// native/files/wrap_spawn.cc: file actions of posix_spawn that open a path.
//
// The C library carries them out in the child, by system calls of its own. A
// file of ours is opened when the action is added, and the action opens that
// descriptor; it is closed with the actions.
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "files/descriptor.h"
#include "files/real.h"
#include "files/route.h"
#include "os/unique_fd.h"

// NOLINTBEGIN(cert-dcl50-cpp): the C library's own signatures

namespace inmem::files {
namespace {

using Actions = posix_spawn_file_actions_t;

// Without a lock: a child of fork may add actions, too.
struct Held {
  std::atomic<const Actions*> owner = nullptr;
  std::atomic<int> fd = -1;
};
constexpr int kHeldCount = 256;

std::array<Held, kHeldCount>& AllHeld() {
  static std::array<Held, kHeldCount> all;
  return all;
}

bool Hold(const Actions* owner, os::UniqueFd& fd) {
  for (Held& held : AllHeld()) {
    const Actions* expected = nullptr;
    if (!held.owner.compare_exchange_strong(expected, owner)) continue;
    held.fd.store(fd.Release());
    return true;
  }
  return false;
}

void LetGo(const Actions* owner) {
  for (Held& held : AllHeld()) {
    if (held.owner.load() != owner) continue;
    const os::UniqueFd fd(held.fd.exchange(-1));
    held.owner.store(nullptr);
  }
}

// As open's: the real function alone cannot tell, for it does not look.
bool IsOurs(const char* path, int flags, Target& target) {
  const bool no_follow = (flags & O_NOFOLLOW) != 0;
  const unsigned wish =
      FollowUnless(no_follow) | ((flags & O_DIRECTORY) != 0 ? kFolder : 0U);
  if (LookBefore(AT_FDCWD, path, wish, target)) return true;
  struct stat info = {};
  return RealStatAt(AT_FDCWD, path, &info,
                    no_follow ? AT_SYMLINK_NOFOLLOW : 0) != 0 &&
         LookAfter(errno, AT_FDCWD, path, wish, target);
}

// Gives an error number, as all of posix_spawn's functions do.
int AddOpen(Actions* actions, int fd, const char* path, int flags,
            mode_t mode) {
  Target target;
  if (!IsOurs(path, flags, target)) {
    return __real_posix_spawn_file_actions_addopen(actions, fd, path, flags,
                                                   mode);
  }
  if (target.kind == Target::Kind::kReal) {
    return __real_posix_spawn_file_actions_addopen(
        actions, fd, target.path.c_str(), flags, mode);
  }
  os::UniqueFd opened(OpenTarget(target, flags | O_CLOEXEC));
  if (!opened.valid()) return errno;
  // By way of /proc, not dup2: an earlier action may close it in the child, and
  // each child is to read from the start.
  const auto link = DescriptorPath(opened.get());
  if (!Hold(actions, opened)) return EMFILE;
  return __real_posix_spawn_file_actions_addopen(actions, fd, link.data(),
                                                 flags & ~kPathFlags, mode);
}

}  // namespace
}  // namespace inmem::files

extern "C" {

int __wrap_posix_spawn_file_actions_addopen(posix_spawn_file_actions_t* actions,
                                            int fd, const char* path, int flags,
                                            mode_t mode) {
  const int saved = errno;
  const int error = inmem::files::AddOpen(actions, fd, path, flags, mode);
  errno = saved;
  return error;
}

int __wrap_posix_spawn_file_actions_destroy(
    posix_spawn_file_actions_t* actions) {
  inmem::files::LetGo(actions);
  return __real_posix_spawn_file_actions_destroy(actions);
}

}  // extern "C"

// NOLINTEND(cert-dcl50-cpp)
