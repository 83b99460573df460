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

// "inmem:f:<inode>" or "inmem:f:<inode>:<name>", 'd' for a folder.
constexpr std::string_view kFilePrefix = "inmem:f:";
constexpr std::string_view kFolderPrefix = "inmem:d:";
constexpr int kInodeDigits = 16;
// What the kernel keeps of a memfd's name.
constexpr std::size_t kMemfdNameLimitBytes = 249;
// Smaller contents go through a buffer: mapping pages costs more than a copy.
constexpr std::uint64_t kMapSize = 512 * 1024;
// Smaller files' memfds have no <name>: the kernel keeps up to 25 characters
// in the file itself, and allocates memory for more, which takes 2 of 8 us.
constexpr std::uint64_t kNamedSize = 64 * 1024;

std::atomic<dev_t>& MemfdDevice() {
  static std::atomic<dev_t> device{0};
  return device;
}

// What a descriptor was opened for, so that fstat, which each open of Python is
// followed by, need not ask /proc. Holds only as long as the descriptor is that
// memfd: `memfd` is its number, which the kernel gives to no other for long.
struct Remembered {
  std::atomic<std::uint64_t> memfd = 0;
  std::atomic<std::uint64_t> inode = 0;
  std::atomic<bool> is_folder = false;
};
constexpr int kRememberedCount = 1024;

std::array<Remembered, kRememberedCount>& AllRemembered() {
  static std::array<Remembered, kRememberedCount> all;
  return all;
}

void Remember(int fd, std::uint64_t memfd, const Identity& identity) {
  if (fd < 0 || fd >= kRememberedCount) return;
  Remembered& slot = AllRemembered()[static_cast<std::size_t>(fd)];
  slot.memfd.store(0);
  slot.inode.store(identity.inode);
  slot.is_folder.store(identity.is_folder);
  slot.memfd.store(memfd);
}

std::optional<Identity> Recall(int fd, std::uint64_t memfd) {
  if (fd < 0 || fd >= kRememberedCount) return std::nullopt;
  const Remembered& slot = AllRemembered()[static_cast<std::size_t>(fd)];
  if (slot.memfd.load() != memfd) return std::nullopt;
  const Identity identity{slot.is_folder.load(), slot.inode.load()};
  // Another thread may have put another one there in between.
  if (slot.memfd.load() != memfd) return std::nullopt;
  return identity;
}

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

std::string MemfdName(const Target& target, const Identity& identity) {
  std::array<char, kInodeDigits> digits;
  digits.fill('0');
  std::uint64_t rest = identity.inode;
  for (auto digit = digits.rbegin(); rest != 0; rest >>= 4) {
    *digit++ = "0123456789abcdef"[rest & 0xf];
  }
  std::string name(identity.is_folder ? kFolderPrefix : kFilePrefix);
  name.append(digits.data(), digits.size());
  if (!identity.is_folder && SizeOf(target) < kNamedSize) return name;
  name += ':';
  const std::string_view path = target.name.empty()
                                    ? std::string_view(target.path)
                                    : std::string_view(target.name);
  name += path.substr(path.rfind('/') + 1);
  if (name.size() > kMemfdNameLimitBytes) name.resize(kMemfdNameLimitBytes);
  return name;
}

// The flags say whether the file may be executed where the kernel knows them
// (6.3): then nobody needs to be asked whether a memfd may be.
int CreateMemfd(const std::string& name, bool is_executable) {
  const unsigned wish = is_executable ? MFD_EXEC : MFD_NOEXEC_SEAL;
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = ::memfd_create(name.c_str(), flags | wish);
  if (fd >= 0 || (errno != EINVAL && errno != EACCES)) return fd;
  return ::memfd_create(name.c_str(), flags);
}

// Whether /proc knows this process by the number that it has itself: not where
// /proc is that of another PID namespace. Asked once a process.
bool IsKnownToProc(pid_t own) {
  static std::atomic<pid_t> asked = 0;
  const pid_t last = asked.load(std::memory_order_relaxed);
  if (last == own || last == -own) return last == own;
  std::array<char, 16> text;
  pid_t told = 0;
  const ssize_t size =
      __real_readlinkat(AT_FDCWD, "/proc/self", text.data(), text.size());
  if (size > 0) std::from_chars(text.data(), text.data() + size, told);
  asked.store(told == own ? own : -own, std::memory_order_relaxed);
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
int WriteContent(int fd, const Target& target) {
  const archive::Archive& archive = target.mount->archive();
  const archive::Archive::Index index = target.found.index;
  const std::uint64_t size = SizeOf(target);
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

// What memfd_create gives can be written to; what open gives of it, not. Where
// /proc is not there, the seals alone forbid it.
int Reopen(os::UniqueFd memfd, int flags) {
  const auto path = DescriptorPath(memfd.get());
  const int fd = __real_open(path.data(), flags & ~kPathFlags);
  if (fd >= 0 || (errno != ENOENT && errno != ENOTDIR)) return fd;
  if ((flags & O_CLOEXEC) == 0) ::syscall(SYS_fcntl, memfd.get(), F_SETFD, 0);
  ::lseek(memfd.get(), 0, SEEK_SET);
  return memfd.Release();
}

int OpenNew(const Target& target, int flags) {
  const bool is_folder = target.kind == Target::Kind::kDirectory;
  const mode_t mode = is_folder ? 0444 : FileMode(target);
  const bool is_executable = (mode & 0111) != 0;
  const Identity identity{is_folder, InodeOf(target)};
  os::UniqueFd memfd(CreateMemfd(MemfdName(target, identity), is_executable));
  struct stat info = {};
  if (!memfd.valid() || RealFstat(memfd.get(), &info) != 0) return -1;
  MemfdDevice().store(info.st_dev, std::memory_order_relaxed);
  if (!is_folder && WriteContent(memfd.get(), target) != 0) return -1;
  // Where it may not be executable, it is not.
  if (::syscall(SYS_fchmod, memfd.get(), mode) != 0) {
    ::syscall(SYS_fchmod, memfd.get(), mode & ~0111U);
  }
  SetTimes(memfd.get(), target);
  if (!Seal(memfd.get())) return -1;
  const int fd = Reopen(std::move(memfd), flags);
  Remember(fd, info.st_ino, identity);
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

std::optional<Identity> Parse(std::string_view name) {
  constexpr std::string_view kLink = "/memfd:";
  if (!name.starts_with(kLink)) return std::nullopt;
  name.remove_prefix(kLink.size());
  Identity identity;
  identity.is_folder = name.starts_with(kFolderPrefix);
  if (!identity.is_folder && !name.starts_with(kFilePrefix)) {
    return std::nullopt;
  }
  name.remove_prefix(kFilePrefix.size());
  // Behind it: ":<name>", or " (deleted)", which the kernel says of memfds.
  if (name.size() <= kInodeDigits ||
      (name[kInodeDigits] != ':' && name[kInodeDigits] != ' ')) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(0, kInodeDigits);
  const char* end = digits.end();
  const auto parsed = std::from_chars(digits.begin(), end, identity.inode, 16);
  if (parsed.ptr != end) return std::nullopt;
  return identity;
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

std::optional<Identity> IdentityOf(int fd, const struct stat& info) {
  // Known from the first one on; a descriptor that an earlier program of this
  // process handed on may come before it.
  const dev_t device = MemfdDevice().load(std::memory_order_relaxed);
  const bool may_be_ours =
      device != 0 ? info.st_dev == device : info.st_nlink == 0;
  if (!may_be_ours || !S_ISREG(info.st_mode)) return std::nullopt;
  if (const auto known = Recall(fd, info.st_ino)) return known;
  const int saved = errno;
  const auto path = DescriptorPath(fd);
  std::array<char, 320> name;
  const ssize_t size =
      __real_readlinkat(AT_FDCWD, path.data(), name.data(), name.size());
  errno = saved;
  if (size <= 0) return std::nullopt;
  return Parse({name.data(), static_cast<std::size_t>(size)});
}

std::optional<Identity> IdentityOf(int fd) {
  struct stat info = {};
  if (fd < 0 || RealFstat(fd, &info) != 0) return std::nullopt;
  return IdentityOf(fd, info);
}

std::optional<std::string> FolderPath(int fd) {
  const auto identity = IdentityOf(fd);
  const vfs::Tree* tree = AttachedTree();
  if (tree == nullptr || !identity || !identity->is_folder) return std::nullopt;
  for (const auto& mount : tree->mounts()) {
    const auto name = mount->FolderOf(identity->inode);
    if (!name) continue;
    Target target;
    target.mount = mount;
    target.name = *name;
    return target.Path();
  }
  for (std::string& folder : FoldersAbove(*tree)) {
    if (InodeAbove(folder) == identity->inode) return std::move(folder);
  }
  return std::nullopt;
}

std::string LastError() { return Damage().text; }

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
