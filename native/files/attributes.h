// native/files/attributes.h: what stat says of virtual files.
// Private to the layer.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string_view>

#include "files/descriptor.h"
#include "files/resolve.h"

namespace inmem::files {

inline constexpr mode_t kFolderMode = 0555;

// Permissions of a file: readable by all, executable as the archive says.
mode_t FileMode(const Target& target);
// Seconds since 1970. A folder without an entry of its own has the first time
// that a zip can tell.
std::int64_t ModifiedTime(const Target& target);
std::uint64_t InodeOf(const Target& target);
// A folder above the mount points.
std::uint64_t InodeAbove(std::string_view path);
std::uint64_t SizeOf(const Target& target);

void FillStat(const Target& target, struct stat* out);
void FillStatx(const struct stat& info, struct statx* out);
// Makes what the kernel says of a descriptor of ours agree with FillStat.
void AmendStat(const Identity& identity, struct stat* out);

}  // namespace inmem::files
