// native/loader/content_id.h: what tells one shared object's bytes from others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/hash.h"

namespace inmem::loader {

// Size, and two 64-bit hashes of different seeds. The bytes themselves are not
// kept after loading, so this stands for them: 128 bits against chance; that
// somebody makes two libraries collide on purpose gains nothing, as both run.
struct ContentId {
  std::uint64_t size_bytes = 0;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  bool operator==(const ContentId&) const = default;
};

inline ContentId ContentIdOf(std::span<const std::byte> bytes) {
  constexpr std::uint64_t kSecondSeed = 0x5851F42D4C957F2DU;
  return {bytes.size(), HashBytes(bytes), HashBytes(bytes, kSecondSeed)};
}

}  // namespace inmem::loader
