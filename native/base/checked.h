// native/base/checked.h: integer arithmetic on foreign numbers.
//
// Sizes and offsets that come from a file are added, multiplied and narrowed
// only through these, so that a lie in the file can never wrap around.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace inmem {

// a + b, or nullopt where it does not fit T.
template <std::integral T>
[[nodiscard]] constexpr std::optional<T> CheckedAdd(T a, T b) {
  T sum{};
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

// a * b, or nullopt where it does not fit T.
template <std::integral T>
[[nodiscard]] constexpr std::optional<T> CheckedMul(T a, T b) {
  T product{};
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// `value` as To, or nullopt where To cannot hold it.
template <std::integral To, std::integral From>
[[nodiscard]] constexpr std::optional<To> CheckedCast(From value) {
  if (!std::in_range<To>(value)) return std::nullopt;
  return static_cast<To>(value);
}

// Whether [offset, offset + size) lies in [0, total), without overflow.
[[nodiscard]] constexpr bool RangeFits(std::uint64_t offset, std::uint64_t size,
                                       std::uint64_t total) {
  return offset <= total && size <= total - offset;
}

// `value` rounded up to a multiple of `alignment` (a power of two), or nullopt
// where it does not fit.
[[nodiscard]] constexpr std::optional<std::uint64_t> CheckedAlignUp(
    std::uint64_t value, std::uint64_t alignment) {
  const std::uint64_t mask = alignment - 1;
  if (value > std::numeric_limits<std::uint64_t>::max() - mask) {
    return std::nullopt;
  }
  return (value + mask) & ~mask;
}

}  // namespace inmem
