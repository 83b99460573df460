// native/files/wrap_spawn.cc: file actions of posix_spawn that take a path.
//
// The C library carries them out in the child, by system calls of its own. A
// file of ours is opened when the action is added, and the action opens that
// descriptor; it is closed with the actions. A folder of ours is entered by
// standing where the kernel can. Either is looked for from where the actions
// before it lead.
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "files/descriptor.h"
#include "files/real.h"
#include "files/route.h"
#include "files/working_directory.h"
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

// Where the actions added so far lead. As Held.
struct Stood {
  std::atomic<const Actions*> owner = nullptr;
  std::atomic<const std::string*> folder = nullptr;
};
constexpr int kStoodCount = 64;

std::array<Stood, kStoodCount>& AllStood() {
  static std::array<Stood, kStoodCount> all;
  return all;
}

// Null: in the process's own working directory.
const std::string* FolderOf(const Actions* owner) {
  for (const Stood& stood : AllStood()) {
    if (stood.owner.load() == owner) return stood.folder.load();
  }
  return nullptr;
}

void SetFolder(Stood& stood, std::string folder) {
  const std::unique_ptr<const std::string> earlier(stood.folder.exchange(
      std::make_unique<const std::string>(std::move(folder)).release()));
}

bool StandIn(const Actions* owner, std::string folder) {
  for (Stood& stood : AllStood()) {
    if (stood.owner.load() != owner) continue;
    SetFolder(stood, std::move(folder));
    return true;
  }
  for (Stood& stood : AllStood()) {
    const Actions* expected = nullptr;
    if (!stood.owner.compare_exchange_strong(expected, owner)) continue;
    SetFolder(stood, std::move(folder));
    return true;
  }
  return false;
}

// `path` as the child will see it after the actions so far.
std::string FromThere(const Actions* actions, const char* path) {
  const std::string* folder = path[0] != '/' ? FolderOf(actions) : nullptr;
  return folder != nullptr ? *folder + '/' + path : path;
}

void LetGo(const Actions* owner) {
  for (Stood& stood : AllStood()) {
    if (stood.owner.load() != owner) continue;
    const std::unique_ptr<const std::string> folder(
        stood.folder.exchange(nullptr));
    stood.owner.store(nullptr);
  }
  for (Held& held : AllHeld()) {
    if (held.owner.load() != owner) continue;
    const os::UniqueFd fd(held.fd.exchange(-1));
    held.owner.store(nullptr);
  }
}

// Gives an error number, as all of posix_spawn's functions do.
int AddOpen(Actions* actions, int fd, const char* path, int flags,
            mode_t mode) {
  const unsigned wish = FollowUnless((flags & O_NOFOLLOW) != 0) |
                        ((flags & O_DIRECTORY) != 0 ? kFolder : 0U);
  const auto target =
      path != nullptr ? Look(AT_FDCWD, FromThere(actions, path).c_str(), wish)
                      : std::nullopt;
  if (!target || target->kind == Target::Kind::kReal) {
    return __real_posix_spawn_file_actions_addopen(
        actions, fd, target ? target->path.c_str() : path, flags, mode);
  }
  os::UniqueFd opened(OpenTarget(*target, flags | O_CLOEXEC));
  if (!opened.valid()) return errno;
  // By way of /proc, not dup2: an earlier action may close it in the child, and
  // each child is to read from the start.
  const auto link = DescriptorPath(opened.get());
  if (!Hold(actions, opened)) return EMFILE;
  return __real_posix_spawn_file_actions_addopen(actions, fd, link.data(),
                                                 flags & ~kPathFlags, mode);
}

int AddChdir(Actions* actions, const char* path) {
  if (path == nullptr) return EINVAL;
  std::string folder = FromThere(actions, path);
  std::string kernels = path;
  if (const auto target = Look(AT_FDCWD, folder.c_str(), kFollow | kFolder)) {
    if (target->kind == Target::Kind::kReal) {
      folder = kernels = target->path;
    } else {
      if (!target->exists()) return target->error;
      if (target->kind != Target::Kind::kDirectory) return ENOTDIR;
      folder = target->Path();
      kernels = KernelFolder(*target);
    }
  }
  if (!StandIn(actions, std::move(folder))) return EMFILE;
  return __real_posix_spawn_file_actions_addchdir_np(actions, kernels.c_str());
}

int AddFchdir(Actions* actions, int fd) {
  if (const auto path = FolderPath(fd)) return AddChdir(actions, path->c_str());
  const auto link = DescriptorPath(fd);
  if (!StandIn(actions, link.data())) return EMFILE;
  return __real_posix_spawn_file_actions_addfchdir_np(actions, fd);
}

// Calls add() with errno left alone, as posix_spawn's functions do.
template <typename Add>
int KeepingErrno(Add add) {
  const int saved = errno;
  const int error = add();
  errno = saved;
  return error;
}

}  // namespace
}  // namespace inmem::files

extern "C" {

int __wrap_posix_spawn_file_actions_addopen(posix_spawn_file_actions_t* actions,
                                            int fd, const char* path, int flags,
                                            mode_t mode) {
  return inmem::files::KeepingErrno(
      [&] { return inmem::files::AddOpen(actions, fd, path, flags, mode); });
}

int __wrap_posix_spawn_file_actions_addchdir_np(
    posix_spawn_file_actions_t* actions, const char* path) {
  return inmem::files::KeepingErrno(
      [&] { return inmem::files::AddChdir(actions, path); });
}
int __wrap_posix_spawn_file_actions_addfchdir_np(
    posix_spawn_file_actions_t* actions, int fd) {
  return inmem::files::KeepingErrno(
      [&] { return inmem::files::AddFchdir(actions, fd); });
}
// Their names since glibc 2.39 and POSIX.1-2024.
int __wrap_posix_spawn_file_actions_addchdir(
    posix_spawn_file_actions_t* actions, const char* path) {
  return __wrap_posix_spawn_file_actions_addchdir_np(actions, path);
}
int __wrap_posix_spawn_file_actions_addfchdir(
    posix_spawn_file_actions_t* actions, int fd) {
  return __wrap_posix_spawn_file_actions_addfchdir_np(actions, fd);
}

// Earlier actions at the same place may have been left without destroying them.
int __wrap_posix_spawn_file_actions_init(posix_spawn_file_actions_t* actions) {
  inmem::files::LetGo(actions);
  return __real_posix_spawn_file_actions_init(actions);
}

int __wrap_posix_spawn_file_actions_destroy(
    posix_spawn_file_actions_t* actions) {
  inmem::files::LetGo(actions);
  return __real_posix_spawn_file_actions_destroy(actions);
}

}  // extern "C"

// NOLINTEND(cert-dcl50-cpp)
