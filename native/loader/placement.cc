// native/loader/placement.cc: the file that the dynamic linker opens.
#include "loader/placement.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "os/dynamic_linker.h"
#include "os/errno_text.h"
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
                                       const std::string& label) {
  std::uint64_t written = 0;
  const auto write = [&](std::uint64_t offset,
                         std::span<const std::byte> data) {
    written += data.size();
    return os::WriteAll(fd_.get(), offset, data, label);
  };
  Status status;
  if (bytes.tier == Tier::kMapped) {
    const std::span<const std::byte> all = bytes.span();
    if (::ftruncate(fd_.get(), static_cast<off_t>(all.size())) != 0) {
      status = {ErrorCode::kMemfd, label + ": " + os::ErrnoText(errno)};
    }
    for (const elf::FileRange& range : bytes.plan.copied) {
      if (!status.ok()) break;
      status = write(range.offset_bytes,
                     all.subspan(range.offset_bytes, range.size_bytes));
    }
  } else {
    status = write(0, bytes.span());
  }
  const std::uint64_t copied = written;
  for (const elf::Edit& edit : edits) {
    if (!status.ok()) break;
    status = write(edit.offset_bytes, edit.bytes);
  }
  if (status.ok() && is_memfd_) status = os::Seal(fd_.get(), label);
  if (!status.ok() && !is_memfd_) {
    return Status(ErrorCode::kLoadFailed, status.message());
  }
  if (!status.ok()) return status;
  return copied;
}

Result<std::uint64_t> Placement::MapSegments(const ObjectBytes& bytes,
                                             std::uintptr_t base,
                                             const std::string& label) {
  std::uint64_t mapped = 0;
  if (bytes.tier != Tier::kMapped) return mapped;
  for (const elf::MappedSegment& segment : bytes.plan.mapped) {
    Status status = os::MapOver(base + segment.address, bytes.fd,
                                bytes.offset_bytes + segment.offset_bytes,
                                segment.size_bytes, segment.protection, label);
    if (!status.ok()) return status;
    mapped += segment.size_bytes;
  }
  return mapped;
}

}  // namespace inmem::loader
