// native/loader/address_map.h: which object an address belongs to, without a
// lock.
#pragma once

#include <cstdint>

namespace inmem::loader {

// A loaded object. Never changes and never goes: nothing is unloaded.
struct AddressRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  const char* path = nullptr;  // virtual path
  const AddressRange* next = nullptr;
};

// Adds the object; `path` is copied. Threads: any.
void PublishRange(std::uintptr_t begin, std::uintptr_t end, const char* path);

// The object at this address; null where none of a bundle is. Takes no lock and
// no memory: for signal handlers, at any moment.
const AddressRange* FindRange(std::uintptr_t address);

}  // namespace inmem::loader
