// native/base/hash.h: a fast 64-bit hash for tables in memory.
//
// Not cryptographic: equal hashes are a hint, never proof. 16 bytes go through
// one 64 x 64 -> 128 bit multiplication whose halves are folded together.
//
// A multiplication by zero would drop the other factor, and whoever writes an
// archive's names could aim for it. One factor is the input xor a constant that
// holds the byte 0xFF, which UTF-8 never has, so names cannot make it zero; the
// other is xored with the state, which begins with the caller's seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_reader.h"

namespace inmem {

namespace hash_internal {

inline constexpr std::uint64_t kFirst = 0x9E37FF79B97F4A7Du;
inline constexpr std::uint64_t kSecond = 0xC2B2AEFFD4EB4F27u;

inline std::uint64_t Fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^
         static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t Step(const std::byte* bytes, std::uint64_t constant,
                          std::uint64_t state) {
  return Fold(LoadLe<std::uint64_t>(bytes) ^ constant,
              LoadLe<std::uint64_t>(bytes + 8) ^ state);
}

// The last 1 to 16 bytes, as two words; reads that overlap are fine.
inline std::uint64_t Short(const std::byte* bytes, std::size_t size_bytes,
                           std::uint64_t state) {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (size_bytes >= 8) {
    low = LoadLe<std::uint64_t>(bytes);
    high = LoadLe<std::uint64_t>(bytes + size_bytes - 8);
  } else if (size_bytes >= 4) {
    low = LoadLe<std::uint32_t>(bytes);
    high = LoadLe<std::uint32_t>(bytes + size_bytes - 4);
  } else if (size_bytes > 0) {
    low = LoadLe<std::uint8_t>(bytes) |
          (static_cast<std::uint64_t>(bytes[size_bytes >> 1]) << 8) |
          (static_cast<std::uint64_t>(bytes[size_bytes - 1]) << 16);
  }
  return Fold(low ^ kFirst, high ^ state);
}

}  // namespace hash_internal

// The hash of `bytes`; the same in every process for the same seed.
[[nodiscard]] inline std::uint64_t HashBytes(std::span<const std::byte> bytes,
                                             std::uint64_t seed = 0) {
  using namespace hash_internal;  // NOLINT(google-build-using-namespace)
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t state = seed ^ kSecond;
  if (left > 64) {
    // Two chains at once hide the multiplication's latency in long inputs.
    std::uint64_t other = state ^ kFirst;
    do {
      state = Step(at, kFirst, state);
      other = Step(at + 16, kSecond, other);
      at += 32;
      left -= 32;
    } while (left > 32);
    state ^= other;
  }
  while (left > 16) {
    state = Step(at, kFirst, state);
    at += 16;
    left -= 16;
  }
  state = Short(at, left, state);
  return Fold(state ^ kSecond, bytes.size() ^ kFirst);
}

[[nodiscard]] inline std::uint64_t HashString(std::string_view text,
                                              std::uint64_t seed = 0) {
  return HashBytes(AsBytes(text), seed);
}

}  // namespace inmem
