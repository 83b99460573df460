// native/base/byte_reader.h: little-endian numbers out of foreign bytes.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace inmem {

// The little-endian T at `bytes`, which may be unaligned.
// REQUIRES: sizeof(T) bytes are readable there.
template <std::unsigned_integral T>
[[nodiscard]] inline T LoadLe(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  if constexpr (std::endian::native == std::endian::big) {
    T swapped = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
      swapped = static_cast<T>((swapped << 8) | (value & 0xFF));
      value = static_cast<T>(value >> 8);
    }
    value = swapped;
  }
  return value;
}

// `bytes` as characters; borrows.
[[nodiscard]] inline std::string_view AsChars(
    std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// `text` as bytes; borrows.
[[nodiscard]] inline std::span<const std::byte> AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

// Reads forward through a span. A read past the end gives zero (or an empty
// span), moves nothing and makes ok() false from then on, so a run of reads is
// checked once, at its end.
class ByteReader {
 public:
  // Borrows `bytes` (foreign).
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t position_bytes() const { return position_bytes_; }
  [[nodiscard]] std::size_t remaining_bytes() const {
    return bytes_.size() - position_bytes_;
  }

  std::uint8_t U8() { return Read<std::uint8_t>(); }
  std::uint16_t U16() { return Read<std::uint16_t>(); }
  std::uint32_t U32() { return Read<std::uint32_t>(); }
  std::uint64_t U64() { return Read<std::uint64_t>(); }

  // The next `size_bytes` bytes; borrows from what the reader reads.
  std::span<const std::byte> Bytes(std::size_t size_bytes) {
    if (!Has(size_bytes)) return {};
    const auto part = bytes_.subspan(position_bytes_, size_bytes);
    position_bytes_ += size_bytes;
    return part;
  }

  std::string_view Chars(std::size_t size_bytes) {
    return AsChars(Bytes(size_bytes));
  }

  void Skip(std::size_t size_bytes) {
    if (Has(size_bytes)) position_bytes_ += size_bytes;
  }

  // Moves to `position_bytes` from the start; the end itself is allowed.
  void Seek(std::size_t position_bytes) {
    if (!ok_ || position_bytes > bytes_.size()) {
      ok_ = false;
    } else {
      position_bytes_ = position_bytes;
    }
  }

 private:
  bool Has(std::size_t size_bytes) {
    if (!ok_ || size_bytes > remaining_bytes()) ok_ = false;
    return ok_;
  }

  template <std::unsigned_integral T>
  T Read() {
    if (!Has(sizeof(T))) return 0;
    const T value = LoadLe<T>(bytes_.data() + position_bytes_);
    position_bytes_ += sizeof(T);
    return value;
  }

  std::span<const std::byte> bytes_;
  std::size_t position_bytes_ = 0;
  bool ok_ = true;
};

}  // namespace inmem
