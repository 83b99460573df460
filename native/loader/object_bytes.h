// native/loader/object_bytes.h: an object's bytes, as far as they must be read.
// Private to the layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "archive/archive.h"
#include "base/status.h"
#include "elf/elf_file.h"
#include "elf/map_plan.h"
#include "elf/outline_plan.h"
#include "loader/offers.h"
#include "loader/tier.h"
#include "os/mapping.h"
#include "vfs/tree.h"

namespace inmem::loader {

// The bytes of one entry and how they will be placed. Not mapped: they are in
// memory, inflated, their CRC-32 checked. Mapped: a view of the bundle's file,
// of which only what is copied gets read.
struct ObjectBytes {
  archive::Bytes read;
  os::FileView view;
  // Mapped: the view of the whole bundle, and the entry's part of it.
  std::shared_ptr<const os::FileView> bundle;
  std::span<const std::byte> part;
  std::optional<elf::ElfFile> file;
  elf::RelocationCounts relocations;  // verified, before ld.so trusts them

  Tier tier = Tier::kMemfd;
  std::string reason;  // for reports
  // A process that shares its copy; its `view` moved to `view`.
  std::optional<Offered> offered;
  // Of Tier::kMapped:
  elf::MapPlan plan;
  std::optional<elf::OutlinePlan> outline;  // where ld.so need not relocate it
  int fd = -1;                              // the bundle's; borrowed
  std::uint64_t offset_bytes = 0;           // of the entry in it

  std::span<const std::byte> span() const {
    if (!part.empty()) return part;
    return view.bytes().empty() ? read.span() : view.bytes();
  }
};

// Reads the entry in the way that `choice` and the entry allow.
// Takes: `label`, what messages call it; copies that other processes share, or
// null.
// Errors: those of archive::Archive::Read and elf::ElfFile::Parse.
Result<ObjectBytes> ReadObject(const vfs::Mount& mount,
                               archive::Archive::Index index,
                               const TierChoice& choice,
                               const std::string& label,
                               const Offers* offers = nullptr);

}  // namespace inmem::loader
