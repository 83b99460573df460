// native/files/descriptor.h: descriptors of virtual files and folders.
// Private to the layer.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <array>

#include "files/identity.h"
#include "files/resolve.h"

namespace inmem::files {

// A device that no kernel has: minor numbers end at 20 bits.
inline constexpr unsigned kDeviceMinor = 0x494e4d;

// open() of what exists or is missing in a mount.
int OpenTarget(const Target& target, int flags);

// Flags of open that are about a path; a memfd that is opened again has none.
// O_DIRECT: not all kernels know it there; it is a hint for a medium.
inline constexpr int kPathFlags = O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW |
                                  O_DIRECTORY | O_NOATIME | O_DIRECT;

// The name in /proc of a descriptor of this process, which other processes of
// the user know, too, where that is possible.
std::array<char, 48> DescriptorPath(int fd);

// In a child of fork, which is another process even where its number is the
// parent's: the first process of a PID namespace may fork that of another one.
// What is known of the parent's /proc would lead to the parent's descriptors.
void ForgetProcess();

}  // namespace inmem::files
