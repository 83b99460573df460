// native/os/memory_file.h: bytes in a sealed memory file, and mapped.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/status.h"
#include "os/unique_fd.h"

namespace inmem::os {

// A copy of bytes that other processes can be given by its descriptor, and that
// nobody can change any more.
class MemoryFile {
 public:
  // `name` is what /proc shows after "/memfd:". Errors: kMemfd.
  static Result<std::shared_ptr<const MemoryFile>> Copy(
      std::span<const std::byte> bytes, std::string_view name);

  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  int descriptor() const { return fd_.get(); }  // borrowed; close-on-exec

 private:
  MemoryFile(UniqueFd fd, std::span<const std::byte> bytes)
      : fd_(std::move(fd)), bytes_(bytes) {}

  UniqueFd fd_;
  std::span<const std::byte> bytes_;  // mapped
};

}  // namespace inmem::os
