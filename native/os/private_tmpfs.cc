// native/os/private_tmpfs.cc: a tmpfs that is mounted nowhere.
#include "os/private_tmpfs.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): pthread_sigmask
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <list>
#include <mutex>

#include "os/errno_text.h"
#include "os/trial.h"

namespace inmem::os {
namespace {

// How far making it came; where it failed, the step that was refused.
struct Attempt {
  const char* step = nullptr;
  int error = 0;
  int signal = 0;  // that ended the child which tried it
  int mount = -1;
  bool huge_pages = false;

  bool Fail(const char* which) {
    step = which;
    error = errno;
    return false;
  }
};

bool SetOption(int context, const char* key, const char* value) {
  return ::syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value, 0) ==
         0;
}

// System calls alone: this also runs in the child, on the parent's memory.
bool MountHere(Attempt& attempt) {
  const int context =
      static_cast<int>(::syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC));
  if (context < 0) return attempt.Fail("fsopen");
  bool made = false;
  attempt.huge_pages = SetOption(context, "huge", "within_size");
  // Size 0 is no limit, as with memfds: memory alone limits both.
  if (!SetOption(context, "mode", "0700") || !SetOption(context, "size", "0") ||
      ::syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr,
                0) != 0) {
    attempt.Fail("fsconfig");
  } else {
    attempt.mount =
        static_cast<int>(::syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
                                   MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
    made = attempt.mount >= 0;
    if (!made) attempt.Fail("fsmount");
  }
  ::syscall(SYS_close, context);
  return made;
}

bool WriteFile(const char* path, const char* text, std::size_t size) {
  const long fd = ::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written =
      ::syscall(SYS_write, fd, text, size) == static_cast<long>(size);
  const int error = errno;
  ::syscall(SYS_close, fd);
  errno = error;
  return written;
}

// "1000 1000 1": the one line that the kernel takes from everybody.
struct IdLine {
  explicit IdLine(unsigned id) {
    const std::string word = std::to_string(id) + ' ';
    size = (word + word + '1').copy(text, sizeof text);
  }
  char text[32];
  std::size_t size;
};

// What the child needs, prepared before it is made.
struct ChildWork {
  Attempt attempt;
  IdLine uid{::geteuid()};
  IdLine gid{::getegid()};
};

int RunChild(void* argument) {
  auto& work = *static_cast<ChildWork*>(argument);
  // Without a mapping of our ids nobody could make a file in the mount.
  // setgroups must be given up before the group's line is taken (Linux 3.19).
  WriteFile("/proc/self/setgroups", "deny", 4);
  if (!WriteFile("/proc/self/uid_map", work.uid.text, work.uid.size)) {
    work.attempt.Fail("writing /proc/self/uid_map");
  } else if (!WriteFile("/proc/self/gid_map", work.gid.text, work.gid.size)) {
    work.attempt.Fail("writing /proc/self/gid_map");
  } else {
    MountHere(work.attempt);
  }
  return 0;
}

class ChildStack {
 public:
  ChildStack()
      : base_(::mmap(nullptr, kSizeBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {}
  ~ChildStack() {
    if (valid()) ::munmap(base_, kSizeBytes);
  }
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;

  bool valid() const { return base_ != MAP_FAILED; }
  void* top() const { return static_cast<char*>(base_) + kSizeBytes; }

 private:
  static constexpr std::size_t kSizeBytes = 64UL * 1024;
  void* base_;
};

void MountInChild(ChildWork& work) {
  const ChildStack stack;
  if (!stack.valid()) {
    work.attempt.Fail("mmap");
    return;
  }
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const int child = ::clone(
      RunChild, stack.top(),
      CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_NEWUSER | CLONE_NEWNS,
      &work);
  if (child < 0) {
    work.attempt.Fail("clone(CLONE_NEWUSER | CLONE_NEWNS)");
  } else {
    while (::waitpid(child, nullptr, __WCLONE) < 0 && errno == EINTR) {
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::string AdviceFor(const Attempt& attempt) {
  switch (attempt.error) {
    case ENOSYS:
      return "this kernel is older than 5.2, or a sandbox hides the call";
    case ENODEV:
      return "this kernel has no tmpfs";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    case ENOMEM:
      return "there is not enough memory";
    case ENOSPC:
    case EUSERS:
      return "raise the sysctl user.max_user_namespaces";
    case ENOENT:
      return "mount /proc";
    case EACCES:
      return "a security module forbids it (SELinux, AppArmor's sysctl "
             "kernel.apparmor_restrict_unprivileged_userns), or this process "
             "changed its user after its start";
    default:
      return "allow unprivileged user namespaces (sysctls "
             "kernel.unprivileged_userns_clone, user.max_user_namespaces, "
             "kernel.apparmor_restrict_unprivileged_userns) and the calls "
             "clone, fsopen, fsconfig and fsmount in the sandbox profile, or "
             "give the process CAP_SYS_ADMIN";
  }
}

bool MayPass(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM ||
         error == EAGAIN || error == EINTR;
}

// `work` is for the child that may be needed.
Attempt MountHereOrInChild(ChildWork& work) {
  Attempt direct;
  // EPERM: not privileged. Anything else would be no better in a child.
  if (MountHere(direct) || direct.error != EPERM) return direct;
  MountInChild(work);
  return work.attempt;
}

Attempt Mount() {
  ChildWork work;
  if (UnderSeccompFilter()) {
    ChildWork trial;
    Attempt ended;
    ended.signal = SignalThatEnds(
        [](void* argument) {
          MountHereOrInChild(*static_cast<ChildWork*>(argument));
        },
        &trial);
    if (ended.signal != 0) return ended;
  }
  return MountHereOrInChild(work);
}

Status Refusal(const Attempt& attempt) {
  std::string message = "no private tmpfs can be made: ";
  if (attempt.signal != 0) {
    message += "fsopen, fsconfig, fsmount or clone: ";
    message += EndedText(attempt.signal);
  } else {
    message.append(attempt.step).append(": ").append(ErrnoText(attempt.error));
  }
  return {ErrorCode::kLoadFailed, message + "; " + AdviceFor(attempt)};
}

}  // namespace

PrivateTmpfs::PrivateTmpfs(UniqueFd mount, std::string path, bool huge_pages)
    : PrivateFiles(std::move(mount), std::move(path), "the private tmpfs"),
      huge_pages_(huge_pages) {}

Result<PrivateTmpfs> PrivateTmpfs::Make() {
  bool may_pass = false;
  return Make(&may_pass);
}

Result<PrivateTmpfs> PrivateTmpfs::Make(bool* may_pass) {
  Attempt attempt = Mount();
  if (attempt.mount < 0) {
    *may_pass = MayPass(attempt.error);
    return Refusal(attempt);
  }
  UniqueFd mount(attempt.mount);
  std::string path = "/proc/self/fd/" + std::to_string(mount.get());
  if (::access(path.c_str(), F_OK) != 0) {
    attempt.Fail("reaching it through /proc/self/fd");
    return Refusal(attempt);
  }
  return PrivateTmpfs(std::move(mount), std::move(path), attempt.huge_pages);
}

Result<const PrivateTmpfs*> PrivateTmpfs::Get() {
  static std::mutex mutex;
  // The last one is this process's. Those of its parents stay: their paths may
  // be in use.
  static auto& made = *new std::list<Result<PrivateTmpfs>>;
  static pid_t owner = 0;
  const std::lock_guard lock(mutex);
  // After fork() both would make files of the same names in one tmpfs.
  if (owner != ::getpid()) {
    bool may_pass = false;
    Result<PrivateTmpfs> result = Make(&may_pass);
    if (may_pass) return result.status();
    made.push_back(std::move(result));
    owner = ::getpid();
  }
  if (!made.back().ok()) return made.back().status();
  return &made.back().value();
}

}  // namespace inmem::os
