// native/os/file_source.h: a regular file as an archive's ByteSource.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "archive/byte_source.h"
#include "base/status.h"

namespace inmem::os {

// What identifies a file on this host until it is rewritten.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;
  // Programs set the time of a file's content as they like, this one nobody.
  std::int64_t ctime_ns = 0;
  bool operator==(const FileIdentity&) const = default;
};

// Opens `path` for pread: never mapped, never read whole, so a file that is
// truncated later gives kFileChanged and no SIGBUS.
// Errors: kNotFound, kNotAFile (checked without blocking on a FIFO),
// kUnreadable.
Result<std::shared_ptr<const archive::ByteSource>> OpenFileSource(
    const std::string& path, FileIdentity* identity = nullptr);

}  // namespace inmem::os
