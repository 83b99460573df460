// native/files/identity.h: what a descriptor of ours says of itself.
// Private to the layer.
//
// The memfd's name carries it, so that it needs no table and is known in a
// child, too.
#pragma once

#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "files/resolve.h"

namespace inmem::files {

struct Identity {
  bool is_folder = false;
  std::uint64_t inode = 0;
};

// What the kernel keeps of a memfd's name.
inline constexpr std::size_t kMemfdNameLimit = 249;

// The name for the memfd of `target`, which is so large.
std::array<char, kMemfdNameLimit + 1> MemfdName(const Target& target,
                                                const Identity& identity,
                                                std::uint64_t size_bytes);

// The device of all memfds; 0 before the first one was noted: a descriptor that
// an earlier program of this process handed on may come before it.
extern constinit std::atomic<dev_t> memfd_device;
inline dev_t MemfdDevice() {
  return memfd_device.load(std::memory_order_relaxed);
}

// Whether what the kernel says of a file may be of a memfd: it has no name.
inline bool MayBeOurs(const struct stat& info) {
  return info.st_nlink == 0 && S_ISREG(info.st_mode) &&
         (MemfdDevice() == 0 || info.st_dev == MemfdDevice());
}

// `fd` has just been opened for it; `info`: what the kernel says of it.
void Remember(int fd, const struct stat& info, const Identity& identity);

// nullopt: a real file's. `info`: what the kernel says of the descriptor.
std::optional<Identity> IdentityOf(int fd, const struct stat& info);
std::optional<Identity> IdentityOf(int fd);

// The same for a path of the kernel's: /proc/self/fd/N and the like name a
// descriptor. errno is left alone.
std::optional<Identity> IdentityAt(int folder, const char* path,
                                   const struct stat& info);
// The same for what readlink says of such a path.
std::optional<Identity> IdentityOfLink(std::string_view text);

// What it stands for; nullopt: its archive is not mounted any more.
std::optional<Target> TargetOf(const Identity& identity);

// The folder behind a descriptor of ours: its absolute path. nullopt: none, or
// its archive is not mounted any more.
std::optional<std::string> FolderPath(int fd);
// The same for a path of the kernel's.
std::optional<std::string> FolderPathAt(int folder, const char* path,
                                        const struct stat& info);

}  // namespace inmem::files
