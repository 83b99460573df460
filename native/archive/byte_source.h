// native/archive/byte_source.h: random access to an archive's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/status.h"

namespace inmem::archive {

// Bytes that an Archive reads from: a file (os::FileSource) or memory.
// Threads: const members may be called concurrently.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  // What messages call this source: a path, or a Buffer's virtual name.
  virtual const std::string& name() const = 0;
  virtual std::uint64_t size_bytes() const = 0;

  // Fills `out` from `offset_bytes`.
  // Errors: kFileChanged (fewer bytes than at open), kUnreadable. `out` is
  // unspecified on error.
  virtual Status ReadAt(std::uint64_t offset_bytes,
                        std::span<std::byte> out) const = 0;

  // The bytes themselves where the source lies in memory, else empty.
  // Borrows from *this.
  virtual std::span<const std::byte> View() const { return {}; }

  // A descriptor of the source for mmap/sendfile, or -1. Borrowed.
  virtual int descriptor() const { return -1; }
};

// Bytes in memory; `owner` keeps them alive (may be null for static data).
class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string name, std::span<const std::byte> bytes,
               std::shared_ptr<const void> owner = nullptr);

  const std::string& name() const override { return name_; }
  std::uint64_t size_bytes() const override { return bytes_.size(); }
  Status ReadAt(std::uint64_t offset_bytes,
                std::span<std::byte> out) const override;
  std::span<const std::byte> View() const override { return bytes_; }

 private:
  std::string name_;
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
};

}  // namespace inmem::archive
