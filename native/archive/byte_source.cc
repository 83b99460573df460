// native/archive/byte_source.cc: bytes in memory as an archive's source.
#include "archive/byte_source.h"

#include <cstring>
#include <string>
#include <utility>

#include "base/checked.h"

namespace inmem::archive {

MemorySource::MemorySource(std::string name, std::span<const std::byte> bytes,
                           std::shared_ptr<const void> owner)
    : name_(std::move(name)), bytes_(bytes), owner_(std::move(owner)) {}

Status MemorySource::ReadAt(std::uint64_t offset_bytes,
                            std::span<std::byte> out) const {
  if (!RangeFits(offset_bytes, out.size(), bytes_.size())) {
    return {ErrorCode::kFileChanged,
            name_ + ": " + std::to_string(bytes_.size()) + " bytes (expected " +
                std::to_string(out.size()) + " more at offset " +
                std::to_string(offset_bytes) + ")"};
  }
  if (!out.empty()) {
    std::memcpy(out.data(), bytes_.data() + offset_bytes, out.size());
  }
  return Status::Ok();
}

}  // namespace inmem::archive
