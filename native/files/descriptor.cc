// native/files/descriptor.cc: descriptors of virtual files and folders.
#include "files/descriptor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "archive/archive.h"
#include "base/status.h"
#include "files/attributes.h"
#include "files/files.h"
#include "files/real.h"
#include "files/route.h"
#include "os/unique_fd.h"

// Newer than the oldest headers that this is built with.
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace inmem::files {
namespace {

// Smaller contents go through a buffer: mapping pages costs more than a copy.
constexpr std::uint64_t kMapSize = 512 * 1024;
struct LastDamage {
  std::string path;
  std::string text;
};

LastDamage& Damage() {
  static thread_local LastDamage last;
  return last;
}

// EIO, and why.
int Damaged(const Target& target, const Status& status) {
  Damage().path = target.Path();
  Damage().text =
      std::string(ErrorName(status.code())) + ": " + status.message();
  return Fail(EIO);
}

// The flags say whether the file may be executed where the kernel knows them
// (6.3): then nobody needs to be asked whether a memfd may be.
int CreateMemfd(const char* name, bool is_executable) {
  const unsigned wish = is_executable ? MFD_EXEC : MFD_NOEXEC_SEAL;
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = ::memfd_create(name, flags | wish);
  if (fd >= 0 || (errno != EINVAL && errno != EACCES)) return fd;
  return ::memfd_create(name, flags);
}

// Whether /proc knows this process by the number that it has itself: not where
// /proc is that of another PID namespace. Asked once a process: the number for
// yes, its negative for no.
std::atomic<pid_t> proc_answer = 0;

bool IsKnownToProc(pid_t own) {
  const pid_t last = proc_answer.load(std::memory_order_relaxed);
  if (last == own || last == -own) return last == own;
  std::array<char, 16> text;
  pid_t told = 0;
  const ssize_t size =
      __real_readlinkat(AT_FDCWD, "/proc/self", text.data(), text.size());
  if (size > 0) std::from_chars(text.data(), text.data() + size, told);
  proc_answer.store(told == own ? own : -own, std::memory_order_relaxed);
  return told == own;
}

bool WriteAll(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = static_cast<ssize_t>(
        ::syscall(SYS_write, fd, bytes.data(), bytes.size()));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

// The entry's bytes into `fd`, large ones without a copy in between.
int WriteContent(int fd, const Target& target, std::uint64_t size) {
  const archive::Archive& archive = target.mount->archive();
  const archive::Archive::Index index = target.found.index;
  if (size < kMapSize) {
    const auto bytes = archive.Read(index);
    if (!bytes.ok()) return Damaged(target, bytes.status());
    return WriteAll(fd, bytes.value().span()) ? 0 : -1;
  }
  if (::syscall(SYS_ftruncate, fd, size) != 0) return -1;
  void* memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return -1;
  const Status status = archive.ReadInto(
      index, {static_cast<std::byte*>(memory), static_cast<std::size_t>(size)});
  // Sealed it could not be while it is mapped for writing.
  ::munmap(memory, size);
  return status.ok() ? 0 : Damaged(target, status);
}

// Nobody has the file mapped for writing yet, so that the seal against writing
// from now on (5.1) is as good as the one that first looks at each page for a
// mapping, which takes a lock of the kernel's lists of pages.
bool Seal(int fd) {
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  return ::syscall(SYS_fcntl, fd, F_ADD_SEALS, kSeals | F_SEAL_FUTURE_WRITE) ==
             0 ||
         ::syscall(SYS_fcntl, fd, F_ADD_SEALS, kSeals | F_SEAL_WRITE) == 0;
}

void SetTimes(int fd, const Target& target) {
  const timespec time{.tv_sec = static_cast<time_t>(ModifiedTime(target)),
                      .tv_nsec = 0};
  const std::array<timespec, 2> times = {time, time};
  ::syscall(SYS_utimensat, fd, nullptr, times.data(), 0);
}

// A descriptor of /proc/self/fd, kept: from there `memfd` is opened in two
// thirds of the time that the path from the root takes. It belongs to one
// process. The program may close it with all others, and get its number for
// something else: what comes of it is looked at, and then it is let alone.
class DescriptorFolder {
 public:
  // -1: not by this way. `info`: what the kernel says of the new descriptor.
  static int Open(int memfd, int flags, std::uint64_t size, struct stat* info) {
    const pid_t own = ::getpid();
    Kept kept = Current().load(std::memory_order_relaxed);
    if (kept.process != own) {
      kept = Make(own);
      Current().store(kept, std::memory_order_relaxed);
    }
    if (kept.fd < 0 || MemfdDevice() == 0) return -1;
    std::array<char, 16> name = {};
    std::to_chars(name.data(), name.data() + name.size() - 1, memfd);
    os::UniqueFd fd(__real_openat(kept.fd, name.data(), flags));
    if (fd.valid() && RealFstat(fd.get(), info) == 0 &&
        info->st_dev == MemfdDevice() && info->st_nlink == 0 &&
        info->st_size == static_cast<off_t>(size)) {
      return fd.Release();
    }
    const bool is_short =
        !fd.valid() && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
    if (!is_short) {
      Current().store({own, -1}, std::memory_order_relaxed);
    }
    return -1;
  }

  static void Forget() { Current().store({0, -1}, std::memory_order_relaxed); }

 private:
  // So aligned that every compiler reads and writes it as one word.
  struct alignas(std::uint64_t) Kept {
    pid_t process = 0;
    int fd = -1;  // none
  };

  static std::atomic<Kept>& Current() {
    static std::atomic<Kept> kept = Kept();
    return kept;
  }

  // Its number is out of the way of those that programs count on.
  static Kept Make(pid_t own) {
    constexpr int kLowest = 200;
    const os::UniqueFd fd(
        __real_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return {own, -1};
    return {own, static_cast<int>(
                     ::syscall(SYS_fcntl, fd.get(), F_DUPFD_CLOEXEC, kLowest))};
  }
};

// What memfd_create gives can be written to; what open gives of it, not. Where
// /proc is not there, the seals alone forbid it.
int Reopen(os::UniqueFd memfd, int flags, std::uint64_t size,
           struct stat* info) {
  os::UniqueFd fd(
      DescriptorFolder::Open(memfd.get(), flags & ~kPathFlags, size, info));
  if (!fd.valid()) {
    const auto path = DescriptorPath(memfd.get());
    fd.Reset(__real_open(path.data(), flags & ~kPathFlags));
    if (!fd.valid()) {
      if (errno != ENOENT && errno != ENOTDIR) return -1;
      if ((flags & O_CLOEXEC) == 0) {
        ::syscall(SYS_fcntl, memfd.get(), F_SETFD, 0);
      }
      ::lseek(memfd.get(), 0, SEEK_SET);
      fd.Reset(memfd.Release());
    }
    if (RealFstat(fd.get(), info) != 0) return -1;
  }
  // close(0); open(...): the lowest number is what was meant.
  if (memfd.valid() && memfd.get() <= STDERR_FILENO &&
      ::dup3(fd.get(), memfd.get(), flags & O_CLOEXEC) >= 0) {
    return memfd.Release();
  }
  return fd.Release();
}

int OpenNew(const Target& target, int flags) {
  const bool is_folder = target.kind == Target::Kind::kDirectory;
  const mode_t mode = is_folder ? 0444 : FileMode(target);
  const bool is_executable = (mode & 0111) != 0;
  const Identity identity{is_folder, InodeOf(target)};
  const std::uint64_t size = SizeOf(target);
  os::UniqueFd memfd(
      CreateMemfd(MemfdName(target, identity, size).data(), is_executable));
  if (!memfd.valid()) return -1;
  if (!is_folder && WriteContent(memfd.get(), target, size) != 0) return -1;
  // Where it may not be executable, it is not.
  if (::syscall(SYS_fchmod, memfd.get(), mode) != 0) {
    ::syscall(SYS_fchmod, memfd.get(), mode & ~0111U);
  }
  SetTimes(memfd.get(), target);
  if (!Seal(memfd.get())) return -1;
  struct stat info = {};
  const int fd = Reopen(std::move(memfd), flags, size, &info);
  if (fd >= 0) Remember(fd, info, identity);
  return fd;
}

bool Writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

// What open says before it looks at the flags of an open file: in the order of
// the kernel's path lookup, on a file system that is read-only.
int CheckOpen(const Target& target, int flags) {
  const bool creates = (flags & O_CREAT) != 0;
  const bool has_folder = target.exists() || target.in_folder;
  if (creates && target.has_slash && has_folder) return EISDIR;
  if (!target.exists()) {
    return creates && target.in_folder ? EROFS : target.error;
  }
  if (creates && (flags & O_EXCL) != 0) return EEXIST;
  if ((flags & O_TMPFILE) == O_TMPFILE) {
    if (!Writes(flags)) return EINVAL;
    return target.kind == Target::Kind::kDirectory ? EROFS : ENOTDIR;
  }
  switch (target.kind) {
    case Target::Kind::kSymlink:  // reached with O_NOFOLLOW alone
      return (flags & O_DIRECTORY) != 0 ? ENOTDIR : ELOOP;
    case Target::Kind::kDirectory:
      return creates || Writes(flags) || (flags & O_TRUNC) != 0 ? EISDIR : 0;
    default:
      if ((flags & O_DIRECTORY) != 0) return ENOTDIR;
      return Writes(flags) || (flags & O_TRUNC) != 0 ? EROFS : 0;
  }
}

}  // namespace

// /proc/PID/fd/N, or /proc/self/fd/N: a symbolic link that the kernel makes
// anew each time, for more than a microsecond.
std::array<char, 48> DescriptorPath(int fd) {
  constexpr std::string_view kProc = "/proc/";
  constexpr std::string_view kSelf = "self";
  constexpr std::string_view kFolder = "/fd/";
  std::array<char, 48> path = {};
  char* const limit = path.data() + path.size() - 1;
  char* end = std::copy(kProc.begin(), kProc.end(), path.data());
  const pid_t own = ::getpid();
  end = IsKnownToProc(own) ? std::to_chars(end, limit, own).ptr
                           : std::copy(kSelf.begin(), kSelf.end(), end);
  end = std::copy(kFolder.begin(), kFolder.end(), end);
  std::to_chars(end, limit, fd);
  return path;
}

int OpenTarget(const Target& target, int flags) {
  // Such a descriptor is a place, and nothing else of the flags counts.
  if ((flags & O_PATH) != 0) {
    flags &= O_PATH | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW;
  }
  const int error = CheckOpen(target, flags);
  return error == 0 ? OpenNew(target, flags) : Fail(error);
}

void ForgetProcess() {
  proc_answer.store(0, std::memory_order_relaxed);
  DescriptorFolder::Forget();
}

std::string DamageOf(const char* path) {
  if (Damage().text.empty()) return "";
  const auto location = LocateFile(path);
  if (!location) return "";
  Target target;
  target.mount = location->mount;
  target.name = location->name;
  return target.Path() == Damage().path ? Damage().text : "";
}

}  // namespace inmem::files
