// native/loader/placement.cc: the file that the dynamic linker opens.
#include "loader/placement.h"

#include <elf.h>
#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "loader/copy_runs.h"
#include "loader/offers.h"
#include "os/dynamic_linker.h"
#include "os/mapping.h"
#include "os/memfd.h"
#include "os/private_folder.h"
#include "os/private_tmpfs.h"

namespace inmem::loader {
namespace {

Status Labelled(const Status& status, const std::string& label) {
  return {status.code(), label + ": " + status.message()};
}

// A folder for each file: the name stays as it is, which libraries that look
// for files beside themselves see, and no path repeats.
std::string UniqueRelativePath(const std::string& name) {
  static std::atomic<std::uint64_t> counter{0};
  return std::to_string(++counter) + "/" + name;
}

Result<const os::PrivateFiles*> FilesOf(Tier tier) {
  if (tier == Tier::kExtract) {
    const auto folder = os::PrivateFolder::Get();
    if (!folder.ok()) return folder.status();
    return static_cast<const os::PrivateFiles*>(folder.value());
  }
  const auto tmpfs = os::PrivateTmpfs::Get();
  if (!tmpfs.ok()) return tmpfs.status();
  return static_cast<const os::PrivateFiles*>(tmpfs.value());
}

// Makes the edits of this segment again, in private pages.
Status EditSegment(const elf::MappedSegment& segment,
                   const std::vector<elf::Edit>& edits, std::uintptr_t base,
                   const std::string& label) {
  for (const elf::Edit& edit : edits) {
    if (edit.offset_bytes < segment.offset_bytes ||
        edit.offset_bytes - segment.offset_bytes >= segment.size_bytes) {
      continue;
    }
    const std::uintptr_t begin =
        base + segment.address + edit.offset_bytes - segment.offset_bytes;
    const os::WritablePages pages(begin, begin + edit.bytes.size(),
                                  segment.protection);
    if (Status status = pages.status(label); !status.ok()) return status;
    std::memcpy(os::PointerTo(begin), edit.bytes.data(), edit.bytes.size());
  }
  return Status::Ok();
}

// Frees the copy's pages below a mapped segment: nothing shows them any more.
// Not those that a writable segment has a part in, since the dynamic linker's
// mapping of that goes on to read them.
void GiveUp(const ObjectBytes& bytes, const elf::MappedSegment& segment,
            int fd) {
  const std::uint64_t mask = os::PageSize() - 1;
  std::uint64_t begin = segment.offset_bytes;
  std::uint64_t end = begin + segment.size_bytes;
  for (const Elf64_Phdr& phdr : bytes.file->program_headers()) {
    if (phdr.p_type != PT_LOAD || (phdr.p_flags & PF_W) == 0) continue;
    const std::uint64_t first = phdr.p_offset & ~mask;
    const std::uint64_t last = (phdr.p_offset + phdr.p_filesz + mask) & ~mask;
    if (last <= begin || end <= first) continue;
    if (first > begin) {
      end = first;
    } else {
      begin = last;
    }
  }
  const bool has_copied =
      std::any_of(bytes.plan.copied.begin(), bytes.plan.copied.end(),
                  [&](const elf::FileRange& range) {
                    return range.offset_bytes < end &&
                           begin < range.offset_bytes + range.size_bytes;
                  });
  if (begin >= end || !has_copied) return;
  // Where that is not possible the pages stay: memory, and nothing else.
  (void)::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    static_cast<off_t>(begin), static_cast<off_t>(end - begin));
}

}  // namespace

Result<Placement> Placement::Make(ObjectBytes& bytes, const std::string& name,
                                  bool may_change, const std::string& label) {
  Status refused;
  if (bytes.tier == Tier::kMemfd || bytes.tier == Tier::kMapped) {
    auto fd = os::CreateMemfd(name);
    if (fd.ok()) {
      std::string path = os::UniqueDescriptorPath(fd.value().get());
      return Placement(fd.Take(), std::move(path), true);
    }
    refused = Labelled(fd.status(), label);
    if (!may_change) return refused;
    bytes.tier = Tier::kTmpfs;
    bytes.reason = fd.status().message();
  }
  const auto files = FilesOf(bytes.tier);
  if (!files.ok()) {
    // Where both are refused, the memory file is the one to speak of.
    if (!refused.ok()) return refused;
    return Status(ErrorCode::kLoadTier,
                  label + ": " + files.status().message());
  }
  const std::string relative = UniqueRelativePath(name);
  auto fd = files.value()->Create(relative, bytes.span().size());
  if (!fd.ok()) return Labelled(fd.status(), label);
  return Placement(fd.Take(), files.value()->Path(relative), false);
}

Result<std::uint64_t> Placement::Write(const ObjectBytes& bytes,
                                       const std::vector<elf::Edit>& edits,
                                       bool is_offered,
                                       const std::string& label) {
  const std::span<const std::byte> all = bytes.span();
  std::vector<elf::FileRange> ranges{{0, all.size()}};
  Status status;
  if (bytes.tier == Tier::kMapped) {
    status = os::SetSize(fd_.get(), all.size(), label);
    ranges = bytes.plan.copied;
  }
  std::uint64_t copied = 0;
  for (const elf::FileRange& range : ranges) copied += range.size_bytes;
  std::vector<Run> runs = RunsOf(all, ranges, edits);
  std::vector<std::byte> trailer;
  if (is_offered) {
    trailer = Offers::Trailer(all, edits);
    runs.push_back({Offers::TrailerOffset(all.size()), {trailer}});
  }
  for (const Run& run : runs) {
    if (!status.ok()) break;
    status = os::WriteAll(fd_.get(), run.offset_bytes, run.pieces, label);
  }
  // A mapped one is sealed when it is mapped.
  if (status.ok() && is_memfd_ && bytes.tier != Tier::kMapped) {
    status = os::Seal(fd_.get(), label);
  }
  if (!status.ok() && !is_memfd_) {
    return Status(ErrorCode::kLoadFailed, status.message());
  }
  if (!status.ok()) return status;
  return copied;
}

Result<std::uint64_t> Placement::MapSegments(
    const ObjectBytes& bytes, const std::vector<elf::Edit>& edits,
    std::uintptr_t base, const std::string& label) {
  std::uint64_t mapped = 0;
  if (bytes.tier != Tier::kMapped) return mapped;
  for (const elf::MappedSegment& segment : bytes.plan.mapped) {
    Status status = os::MapOver(base + segment.address, bytes.fd,
                                bytes.offset_bytes + segment.offset_bytes,
                                segment.size_bytes, segment.protection, label);
    if (status.ok()) status = EditSegment(segment, edits, base, label);
    if (!status.ok()) return status;
    mapped += segment.size_bytes;
    GiveUp(bytes, segment, fd_.get());
  }
  if (Status status = os::Seal(fd_.get(), label); !status.ok()) return status;
  return mapped;
}

}  // namespace inmem::loader
