// native/elf/bytes.h: overflow-safe reads from foreign bytes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#include "base/checked.h"

namespace inmem::elf {

static_assert(std::endian::native == std::endian::little,
              "records are copied as they stand in the file");

// A copy of the record at `offset`; copied because files need not be aligned.
// REQUIRES: it lies within `bytes`.
template <typename T>
T LoadAt(std::span<const std::byte> bytes, std::uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// The same, or nullopt where it does not lie within `bytes`.
template <typename T>
std::optional<T> ReadAt(std::span<const std::byte> bytes,
                        std::uint64_t offset) {
  if (!RangeFits(offset, sizeof(T), bytes.size())) return std::nullopt;
  return LoadAt<T>(bytes, offset);
}

}  // namespace inmem::elf
