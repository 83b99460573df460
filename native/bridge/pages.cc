// native/bridge/pages.cc: memory for tables that grow and shrink, and what
// malloc keeps.
#include "cpython/python_setup.h"

#include "bridge/pages.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <new>

#include "cpython/gil.h"

namespace inmem::bridge {
namespace {

// Where malloc begins to ask the kernel, too.
constexpr std::size_t kLarge = std::size_t{128} << 10;

class PageResource : public std::pmr::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (bytes < kLarge) {
      return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return memory;
  }

  void do_deallocate(void* memory, std::size_t bytes,
                     std::size_t alignment) override {
    if (bytes < kLarge) {
      std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
    } else {
      ::munmap(memory, bytes);
    }
  }

  bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }
};

}  // namespace

std::pmr::memory_resource& Pages() {
  // Never destroyed: threads may outlive static objects.
  static auto* pages = new PageResource();
  return *pages;
}

void TrimMemory() {
  const cpython::GilRelease release;
  malloc_trim(0);
}

}  // namespace inmem::bridge
