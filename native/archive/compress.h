// native/archive/compress.h: compression, for whoever writes archives.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "archive/archive.h"

namespace inmem::archive {

// Compresses all of `bytes` by `method` (kDeflate or kZstd).
// Gives:    what Decompress takes; the same on every processor, and for the
//           same version of the library. Empty: no memory, or a level that the
//           library does not have.
// Threads:  any.
std::vector<std::byte> Compress(Method method, int level,
                                std::span<const std::byte> bytes);

}  // namespace inmem::archive
