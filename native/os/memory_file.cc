// native/os/memory_file.cc: bytes in a sealed memory file, and mapped.
#include "os/memory_file.h"

#include <sys/mman.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "os/errno_text.h"
#include "os/memfd.h"

namespace inmem::os {

Result<std::shared_ptr<const MemoryFile>> MemoryFile::Copy(
    std::span<const std::byte> bytes, std::string_view name) {
  const std::string label(name);
  auto made = CreateMemfd(name);
  if (!made.ok()) return made.status();
  UniqueFd fd = made.Take();
  if (Status status = WriteAll(fd.get(), 0, bytes, label); !status.ok()) {
    return status;
  }
  if (Status status = Seal(fd.get(), label); !status.ok()) return status;
  std::span<const std::byte> mapped;  // stays empty: no mapping can be
  if (!bytes.empty()) {
    void* address =
        ::mmap(nullptr, bytes.size(), PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (address == MAP_FAILED) {
      return Status(ErrorCode::kMemfd,
                    label + ": mapping a memfd: " + ErrnoText(errno));
    }
    mapped = {static_cast<const std::byte*>(address), bytes.size()};
  }
  return std::shared_ptr<const MemoryFile>(
      new MemoryFile(std::move(fd), mapped));
}

MemoryFile::~MemoryFile() {
  if (bytes_.empty()) return;
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace inmem::os
