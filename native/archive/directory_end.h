// native/archive/directory_end.h: where the central directory lies.
//
// Source: PKWARE APPNOTE 4.3.14-4.3.16; CPython Lib/zipfile _EndRecData.
#pragma once

#include <cstdint>

#include "archive/byte_source.h"
#include "base/status.h"

namespace inmem::archive {

// What the end of central directory records say, checked against each other
// and against the source's size.
struct DirectoryEnd {
  std::uint64_t directory_offset_bytes = 0;  // from the source's start
  std::uint64_t directory_size_bytes = 0;
  std::uint64_t entry_count = 0;
  // What stands before the archive (a #! line, an executable): to be added to
  // every local header offset.
  std::uint64_t prefix_size_bytes = 0;
  // Without zip64 `entry_count` may be the true number modulo 65536: some old
  // writers wrote more entries than the field can tell.
  bool zip64 = false;
};

// Finds and checks the end of central directory record and, where there is
// one, zip64's.
// Errors: kNotZip, kBadDirectory, kBadZip64, kMultiDisk, kTooLarge, and the
// source's own.
Result<DirectoryEnd> FindDirectoryEnd(const ByteSource& source);

}  // namespace inmem::archive
