// native/base/large_memory.cc: huge pages where they pay.
#include "base/large_memory.h"

#include <sys/mman.h>

#include <algorithm>

namespace inmem {
namespace {

constexpr std::size_t kHugeBytes = std::size_t{2} << 20;

}  // namespace

std::unique_ptr<std::byte[], FreeMemory> AllocateLarge(std::size_t size_bytes) {
  using Memory = std::unique_ptr<std::byte[], FreeMemory>;
  const auto as_bytes = [](void* memory) {
    return Memory(static_cast<std::byte*>(memory));
  };
  const std::size_t rest = size_bytes % kHugeBytes;
  if (size_bytes < kHugeBytes || size_bytes > SIZE_MAX - kHugeBytes) {
    return as_bytes(std::malloc(std::max<std::size_t>(size_bytes, 1)));
  }
  const std::size_t whole = size_bytes - rest;
  Memory memory = as_bytes(
      std::aligned_alloc(kHugeBytes, whole + (rest > 0 ? kHugeBytes : 0)));
  if (memory == nullptr) return memory;
  const bool round_up = rest > 0 && kHugeBytes - rest <= size_bytes / 8;
  // Refused by kernels without them: then it is memory like any other.
  (void)::madvise(memory.get(), whole + (round_up ? kHugeBytes : 0),
                  MADV_HUGEPAGE);
  return memory;
}

}  // namespace inmem
