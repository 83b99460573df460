// native/archive/zstd_stream.h: zstd piece by piece, for contents that are
// never whole in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "archive/codec.h"

namespace inmem::archive {

// One stream, in either direction.
// Threads: one at a time.
class ZstdStream {
 public:
  // What one step did.
  struct Step {
    std::size_t consumed_bytes = 0;  // of the input
    std::size_t produced_bytes = 0;  // of the output
    // All input is taken, and no more comes of it.
    bool done = false;
  };

  // Makes one frame of `size_bytes` bytes, and says so in its head. Null: no
  // memory, or a level that the library does not have.
  static std::unique_ptr<ZstdStream> Compressor(int level,
                                                std::uint64_t size_bytes);
  // Reads frames, one after another. Null: no memory.
  static std::unique_ptr<ZstdStream> Decompressor();

  // Takes of `in` what it can until `out` is full. `last`: nothing follows
  // `in`. The same pieces give the same bytes on every processor.
  // Errors: kBadData (damaged, cut off, or not of the size that was told).
  virtual CodecResult Next(std::span<const std::byte> in, bool last,
                           std::span<std::byte> out, Step* step) = 0;

  ZstdStream() = default;
  ZstdStream(const ZstdStream&) = delete;
  ZstdStream& operator=(const ZstdStream&) = delete;
  virtual ~ZstdStream() = default;
};

}  // namespace inmem::archive
