// native/base/large_memory.h: memory for tables of megabytes.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <type_traits>

namespace inmem {

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

// `size_bytes` bytes of any contents; null where there are none. A page fault
// for each 4 KiB costs as much as what is then written there, so what is large
// enough lies in huge pages, where the kernel has some; never in more memory
// than an eighth above what is asked for.
std::unique_ptr<std::byte[], FreeMemory> AllocateLarge(std::size_t size_bytes);

}  // namespace inmem
