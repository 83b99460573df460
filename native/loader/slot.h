// native/loader/slot.h: words of an object in memory. Private to the layer.
#pragma once

#include <cstdint>
#include <cstring>

namespace inmem::loader {

// REQUIRES: `slot` is verified to lie in a segment of a loaded object.
inline std::uint64_t ReadSlot(std::uintptr_t slot) {
  std::uint64_t value = 0;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): required
  std::memcpy(&value, reinterpret_cast<const void*>(slot), sizeof value);
  return value;
}

// REQUIRES: ditto, and that may be written to.
inline void WriteSlot(std::uintptr_t slot, std::uint64_t value) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): required
  std::memcpy(reinterpret_cast<void*>(slot), &value, sizeof value);
}

}  // namespace inmem::loader
