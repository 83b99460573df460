// native/archive/codec.h: decompression into memory of a known size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "archive/archive.h"

namespace inmem::archive {

// What went wrong, and the text for a message.
struct CodecResult {
  ErrorCode code = ErrorCode::kOk;
  std::string found;
  std::string expected;
  bool ok() const { return code == ErrorCode::kOk; }
};

// The most bytes that `compressed_size_bytes` bytes of `method` can stand for.
// A declared size above it is a lie, and nothing is allocated for it.
std::uint64_t MaxSize(Method method, std::uint64_t compressed_size_bytes);

// Checks what the head of `packed` tells about the size, before memory of that
// size is asked for.
CodecResult CheckHead(Method method, std::span<const std::byte> packed,
                      std::uint64_t size_bytes);

// Decompresses all of `packed` (foreign) into all of `out`.
// Takes:    `method` kDeflate (raw, no zlib header) or kZstd.
// Errors:   kBadData (damaged, or another size than out's); kTooLarge (no
//           memory for the decompressor). `out` is unspecified then.
// Threads:  any; the decompressor's state is kept for each thread.
CodecResult Decompress(Method method, std::span<const std::byte> packed,
                       std::span<std::byte> out);

// `before`: the CRC-32 of what stands before `bytes`.
std::uint32_t Crc32(std::span<const std::byte> bytes, std::uint32_t before = 0);

}  // namespace inmem::archive
