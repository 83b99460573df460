// native/files/identity.cc: what a descriptor of ours says of itself.
#include "files/identity.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <utility>

#include "files/attributes.h"
#include "files/descriptor.h"
#include "files/real.h"
#include "os/unique_fd.h"

namespace inmem::files {
namespace {

// "inmem:f:<inode>" or "inmem:f:<inode>:<name>", 'd' for a folder.
constexpr std::string_view kFilePrefix = "inmem:f:";
constexpr std::string_view kFolderPrefix = "inmem:d:";
constexpr std::size_t kInodeDigits = 16;
// Smaller files' memfds have no <name>: the kernel keeps up to 25 characters
// in the file itself, and allocates memory for more, which takes 2 of 8 us.
constexpr std::uint64_t kNamedSize = 64 * 1024;

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

std::optional<Identity> Recall(int fd, std::uint64_t memfd) {
  if (fd < 0 || fd >= kRememberedCount) return std::nullopt;
  const Remembered& slot = AllRemembered()[static_cast<std::size_t>(fd)];
  if (slot.memfd.load() != memfd) return std::nullopt;
  const Identity identity{slot.is_folder.load(), slot.inode.load()};
  // Another thread may have put another one there in between.
  if (slot.memfd.load() != memfd) return std::nullopt;
  return identity;
}

std::optional<std::string> FolderOf(const std::optional<Identity>& identity) {
  if (!identity || !identity->is_folder) return std::nullopt;
  const auto target = TargetOf(*identity);
  if (!target) return std::nullopt;
  return target->Path();
}

}  // namespace

std::array<char, kMemfdNameLimit + 1> MemfdName(const Target& target,
                                                const Identity& identity,
                                                std::uint64_t size_bytes) {
  std::array<char, kMemfdNameLimit + 1> name;
  const std::string_view prefix =
      identity.is_folder ? kFolderPrefix : kFilePrefix;
  char* end = std::copy(prefix.begin(), prefix.end(), name.data());
  for (int shift = 60; shift >= 0; shift -= 4) {
    *end++ = "0123456789abcdef"[identity.inode >> shift & 0xf];
  }
  if (identity.is_folder || size_bytes >= kNamedSize) {
    *end++ = ':';
    std::string_view path =
        target.name.empty() ? std::string_view(target.path) : target.name;
    path.remove_prefix(path.rfind('/') + 1);
    const auto room = static_cast<std::size_t>(&name.back() - end);
    path = path.substr(0, room);
    end = std::copy(path.begin(), path.end(), end);
  }
  *end = '\0';
  return name;
}

constinit std::atomic<dev_t> memfd_device = 0;

void Remember(int fd, const struct stat& info, const Identity& identity) {
  memfd_device.store(info.st_dev, std::memory_order_relaxed);
  if (fd < 0 || fd >= kRememberedCount) return;
  Remembered& slot = AllRemembered()[static_cast<std::size_t>(fd)];
  slot.memfd.store(0);
  slot.inode.store(identity.inode);
  slot.is_folder.store(identity.is_folder);
  slot.memfd.store(info.st_ino);
}

std::optional<Identity> IdentityOfLink(std::string_view text) {
  constexpr std::string_view kLink = "/memfd:";
  if (!text.starts_with(kLink)) return std::nullopt;
  text.remove_prefix(kLink.size());
  Identity identity;
  identity.is_folder = text.starts_with(kFolderPrefix);
  if (!identity.is_folder && !text.starts_with(kFilePrefix)) {
    return std::nullopt;
  }
  text.remove_prefix(kFilePrefix.size());
  // Behind it: ":<name>", or " (deleted)", which the kernel says of memfds.
  if (text.size() <= kInodeDigits ||
      (text[kInodeDigits] != ':' && text[kInodeDigits] != ' ')) {
    return std::nullopt;
  }
  const std::string_view digits = text.substr(0, kInodeDigits);
  const char* end = digits.end();
  const auto parsed = std::from_chars(digits.begin(), end, identity.inode, 16);
  if (parsed.ptr != end) return std::nullopt;
  return identity;
}

std::optional<Identity> IdentityOf(int fd, const struct stat& info) {
  if (!MayBeOurs(info)) return std::nullopt;
  if (const auto known = Recall(fd, info.st_ino)) return known;
  const int saved = errno;
  const auto path = DescriptorPath(fd);
  std::array<char, 320> name;
  const ssize_t size =
      __real_readlinkat(AT_FDCWD, path.data(), name.data(), name.size());
  errno = saved;
  if (size <= 0) return std::nullopt;
  return IdentityOfLink({name.data(), static_cast<std::size_t>(size)});
}

std::optional<Identity> IdentityOf(int fd) {
  struct stat info = {};
  if (fd < 0 || RealFstat(fd, &info) != 0) return std::nullopt;
  return IdentityOf(fd, info);
}

std::optional<Identity> IdentityAt(int folder, const char* path,
                                   const struct stat& info) {
  if (!MayBeOurs(info)) return std::nullopt;
  // By a descriptor: the path may be a link to a link to /proc.
  const int saved = errno;
  const os::UniqueFd fd(__real_openat(folder, path, O_PATH | O_CLOEXEC));
  errno = saved;
  return fd.valid() ? IdentityOf(fd.get()) : std::nullopt;
}

std::optional<Target> TargetOf(const Identity& identity) {
  const vfs::Tree* tree = AttachedTree();
  if (tree == nullptr) return std::nullopt;
  Target target;
  target.kind =
      identity.is_folder ? Target::Kind::kDirectory : Target::Kind::kFile;
  for (const auto& mount : tree->mounts()) {
    const auto name = identity.is_folder ? mount->FolderOf(identity.inode)
                                         : mount->FileOf(identity.inode);
    if (!name) continue;
    target.mount = mount;
    target.name = *name;
    return target;
  }
  if (!identity.is_folder) return std::nullopt;
  for (std::string& folder : FoldersAbove(*tree)) {
    if (InodeAbove(folder) != identity.inode) continue;
    target.path = std::move(folder);
    return target;
  }
  return std::nullopt;
}

std::optional<std::string> FolderPath(int fd) {
  return FolderOf(IdentityOf(fd));
}

std::optional<std::string> FolderPathAt(int folder, const char* path,
                                        const struct stat& info) {
  return FolderOf(IdentityAt(folder, path, info));
}

}  // namespace inmem::files
