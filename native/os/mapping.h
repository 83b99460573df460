// native/os/mapping.h: files and memory by mmap and mprotect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/status.h"

namespace inmem::os {

// Memory by its number, which the caller knows to be mapped, or asks mmap for.
inline void* PointerTo(std::uintptr_t address) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): what this is for
  return reinterpret_cast<void*>(address);
}

// Bytes of a page, which all addresses and offsets below are multiples of.
std::size_t PageSize();

// Whether code may be mapped from the file: not where its file system is
// mounted noexec, nor where a security policy is against it.
bool MayExecuteFrom(int fd);

// A private, read-only view of a part of a file. Reading a page that the file
// no longer has is SIGBUS, as with any mapped file.
class FileView {
 public:
  // Errors: kLoadFailed, with `label` in the message.
  static Result<FileView> Map(int fd, std::uint64_t offset_bytes,
                              std::uint64_t size_bytes,
                              const std::string& label);

  FileView() = default;
  FileView(FileView&& other) noexcept
      : bytes_(std::exchange(other.bytes_, {})) {}
  FileView& operator=(FileView&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  FileView(const FileView&) = delete;
  FileView& operator=(const FileView&) = delete;
  ~FileView();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

// A view of a whole file, kept and given out again for the same file: undoing
// one for each object would cost each of them an interrupt of all processors
// that run this process. It is dropped now and then, lest all that was ever
// read counts as this process's memory. Null where there is no room for it, or
// where the file has no byte before `end_bytes`.
std::shared_ptr<const FileView> WholeView(int fd, std::uint64_t end_bytes);

// Puts a part of a file in place of what is mapped at `address`, atomically.
// `protection`: PROT_*. Errors: kLoadFailed, with `label` in the message.
Status MapOver(std::uintptr_t address, int fd, std::uint64_t offset_bytes,
               std::uint64_t size_bytes, int protection,
               const std::string& label);

// Puts zeros in place of what is mapped at `address`, likewise.
Status MapZeros(std::uintptr_t address, std::uint64_t size_bytes,
                int protection, const std::string& label);

// Changes what may be done with [begin, end), whole pages. Errors: ditto.
Status Protect(std::uintptr_t begin, std::uintptr_t end, int protection,
               const std::string& label);

// Memory of this process that is written although it is mapped read-only: its
// pages are writable as long as this lives, and then as before.
class WritablePages {
 public:
  // Takes: [begin, end), widened to pages; the protection to restore.
  WritablePages(std::uintptr_t begin, std::uintptr_t end, int protection);
  ~WritablePages();
  WritablePages(const WritablePages&) = delete;
  WritablePages& operator=(const WritablePages&) = delete;

  // Errors: kLoadFailed, with `label` in the message.
  Status status(const std::string& label) const;

 private:
  std::uintptr_t begin_;
  std::uintptr_t end_;
  int protection_;
  int error_ = 0;
};

}  // namespace inmem::os
