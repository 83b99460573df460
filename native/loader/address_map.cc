// native/loader/address_map.cc: which object an address belongs to, without a
// lock.
#include "loader/address_map.h"

#include <atomic>
#include <cstddef>
#include <cstring>

namespace inmem::loader {
namespace {

std::atomic<const AddressRange*> g_newest = nullptr;

}  // namespace

void PublishRange(std::uintptr_t begin, std::uintptr_t end, const char* path) {
  // Kept for ever, as the objects are.
  const std::size_t size = std::strlen(path) + 1;
  auto* text = new char[size];
  std::memcpy(text, path, size);
  auto* range = new AddressRange{begin, end, text, g_newest.load()};
  while (!g_newest.compare_exchange_weak(range->next, range,
                                         std::memory_order_release,
                                         std::memory_order_relaxed)) {
  }
}

const AddressRange* FindRange(std::uintptr_t address) {
  const AddressRange* range = g_newest.load(std::memory_order_acquire);
  while (range != nullptr &&
         (address < range->begin || address >= range->end)) {
    range = range->next;
  }
  return range;
}

}  // namespace inmem::loader
