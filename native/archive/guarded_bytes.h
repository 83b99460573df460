// native/archive/guarded_bytes.h: bytes that end where reading faults.
//
// Test only. A read past the end hits a PROT_NONE page at once, in builds
// without sanitizers too and inside of libraries that are not instrumented.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <string_view>

namespace inmem::archive::testing {

class GuardedBytes {
 public:
  explicit GuardedBytes(std::string_view bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t room = (bytes.size() + page - 1) / page * page;
    mapped_bytes_ = room + page;
    base_ = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED) throw std::bad_alloc();
    auto* begin = static_cast<std::byte*>(base_) + room - bytes.size();
    if (!bytes.empty()) std::memcpy(begin, bytes.data(), bytes.size());
    mprotect(static_cast<std::byte*>(base_) + room, page, PROT_NONE);
    span_ = {begin, bytes.size()};
  }
  ~GuardedBytes() { munmap(base_, mapped_bytes_); }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  std::span<const std::byte> span() const { return span_; }

 private:
  void* base_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::span<const std::byte> span_;
};

}  // namespace inmem::archive::testing
