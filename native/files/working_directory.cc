// native/files/working_directory.cc: a working directory inside an archive.
#include "files/working_directory.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <mutex>
#include <utility>

#include "files/files.h"
#include "files/real.h"
#include "files/route.h"

namespace inmem::files {
namespace {

struct Standing {
  std::string path;  // the virtual one
  dev_t device = 0;  // the kernel's
  ino_t inode = 0;
};

struct State {
  std::mutex mutex;
  Standing standing;
  pid_t process = 0;
};

State& Shared() {
  static State& state = []() -> State& {
    auto* made = new State();
    made->process = ::getpid();
    // A child of fork goes on from where its parent stood; one of vfork must
    // not write to its parent's memory, and is known by its number.
    ::pthread_atfork([] { Shared().mutex.lock(); },
                     [] { Shared().mutex.unlock(); },
                     [] {
                       Shared().process = ::getpid();
                       Shared().mutex.unlock();
                     });
    return *made;
  }();
  return state;
}

thread_local bool is_outside = false;

bool IsVforked() { return ::getpid() != Shared().process; }

}  // namespace

void MarkOutsideThread() { is_outside = true; }

constinit std::atomic<bool> someone_is_virtual = false;

void NoteProcess() { (void)Shared(); }

std::optional<std::string> Virtual() {
  if (!MayBeVirtual() || is_outside) return std::nullopt;
  const int saved = errno;
  struct stat now = {};
  const bool known = RealStatAt(AT_FDCWD, ".", &now, 0) == 0;
  errno = saved;
  State& state = Shared();
  const std::lock_guard lock(state.mutex);
  if (!MayBeVirtual()) return std::nullopt;
  if (known && now.st_dev == state.standing.device &&
      now.st_ino == state.standing.inode) {
    return state.standing.path;
  }
  if (!IsVforked()) someone_is_virtual.store(false, std::memory_order_relaxed);
  return std::nullopt;
}

std::string KernelFolder(const Target& folder) {
  if (folder.mount == nullptr || !IsOnDisk(*folder.mount)) return "/";
  const std::string& point = folder.mount->point();
  return point.substr(0, std::max<std::size_t>(point.rfind('/'), 1));
}

int Enter(const Target& folder) {
  if (!folder.exists()) return Fail(folder.error);
  if (folder.kind != Target::Kind::kDirectory) return Fail(ENOTDIR);
  State& state = Shared();
  struct stat now = {};
  if (__real_chdir(KernelFolder(folder).c_str()) != 0) return -1;
  if (IsVforked() || is_outside) return 0;
  if (RealStatAt(AT_FDCWD, ".", &now, 0) != 0) return -1;
  Standing standing{folder.Path(), now.st_dev, now.st_ino};
  const std::lock_guard lock(state.mutex);
  state.standing = std::move(standing);
  someone_is_virtual.store(true, std::memory_order_relaxed);
  return 0;
}

void Leave() {
  if (!MayBeVirtual() || is_outside || IsVforked()) return;
  someone_is_virtual.store(false, std::memory_order_relaxed);
}

}  // namespace inmem::files
