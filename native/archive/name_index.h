// native/archive/name_index.h: from a name's hash to an entry, in O(1).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>

namespace inmem::archive {

// An open-addressing table of 32-bit slots. A slot holds entry index + 1 in as
// few bits as the count needs and, above them, as much of the hash as fits; so
// 100 000 entries take one MiB, and a probe for another name compares strings
// once in 2^15 times. The names themselves stay with the caller.
class NameIndex {
 public:
  // False where there is no memory. REQUIRES: called once, before all else;
  // count < 2^32 - 1.
  [[nodiscard]] bool Reserve(std::uint32_t count) {
    index_bits_ = static_cast<unsigned>(std::bit_width(count));
    const std::size_t capacity =
        std::bit_ceil((static_cast<std::size_t>(count) * 2) | 1);
    // At most half full, so a probe always meets an empty slot.
    slots_.reset(new (std::nothrow) std::uint32_t[capacity]());
    mask_ = capacity - 1;
    return slots_ != nullptr;
  }

  // The entry for which `is_match(index)` holds among those of this hash.
  template <typename IsMatch>
  [[nodiscard]] std::optional<std::uint32_t> Find(std::uint64_t hash,
                                                  IsMatch is_match) const {
    const std::uint32_t slot = slots_[Probe(hash, is_match)];
    if (slot == 0) return std::nullopt;
    return IndexOf(slot);
  }

  // Adds `index`, or gives the entry that matches already and adds nothing.
  // REQUIRES: index < count; each index at most once.
  template <typename IsMatch>
  [[nodiscard]] std::optional<std::uint32_t> Insert(std::uint64_t hash,
                                                    std::uint32_t index,
                                                    IsMatch is_match) {
    std::uint32_t& slot = slots_[Probe(hash, is_match)];
    if (slot != 0) return IndexOf(slot);
    slot = Tag(hash) | (index + 1);
    return std::nullopt;
  }

  // Begins to load the slot of `hash` into the cache.
  void Prefetch(std::uint64_t hash) const {
    __builtin_prefetch(&slots_[static_cast<std::size_t>(hash) & mask_], 1);
  }

 private:
  // The hash's upper half; the slot's place comes from the lower bits.
  std::uint32_t Tag(std::uint64_t hash) const {
    return static_cast<std::uint32_t>((hash >> 32) << index_bits_);
  }

  std::uint32_t IndexOf(std::uint32_t slot) const {
    const std::uint64_t mask = (std::uint64_t{1} << index_bits_) - 1;
    return static_cast<std::uint32_t>(slot & mask) - 1;
  }

  template <typename IsMatch>
  std::size_t Probe(std::uint64_t hash, IsMatch is_match) const {
    const std::uint32_t tag = Tag(hash);
    const auto index_mask =
        static_cast<std::uint32_t>((std::uint64_t{1} << index_bits_) - 1);
    std::size_t at = static_cast<std::size_t>(hash) & mask_;
    while (true) {
      const std::uint32_t slot = slots_[at];
      if (slot == 0) return at;
      if ((slot & ~index_mask) == tag && is_match((slot & index_mask) - 1)) {
        return at;
      }
      at = (at + 1) & mask_;
    }
  }

  std::unique_ptr<std::uint32_t[]> slots_;
  std::size_t mask_ = 0;
  unsigned index_bits_ = 0;
};

}  // namespace inmem::archive
