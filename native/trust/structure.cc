// native/trust/structure.cc: the archive around the contents of a bundle.
#include "trust/structure.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "archive/message.h"
#include "base/byte_reader.h"

namespace inmem::trust {
namespace {

using archive::Archive;
using archive::Count;
using archive::Failure;

constexpr std::uint64_t kEndSize = 22;
constexpr std::uint64_t kZip64EndSize = 56 + 20;
constexpr std::size_t kRecordSize = 46;
// A `#!` line, or the little program of a self-extractor: read whole.
constexpr std::uint64_t kPrefixLimitBytes = 1 << 20;

// The parts of a central directory record that nothing else of the bundle
// tells, as inmem-python writes them: made on Unix, UTF-8, 1980-01-01, one
// disk, a regular file of mode 0644, no comment.
bool IsPlainRecord(std::span<const std::byte> record, std::size_t name_size) {
  const auto u16 = [&](std::size_t at) {
    return LoadLe<std::uint16_t>(&record[at]);
  };
  const std::uint16_t version = u16(6);
  const std::uint16_t method = u16(10);
  const std::uint16_t extra_size = u16(30);
  // The offset alone may need zip64.
  const bool far = LoadLe<std::uint32_t>(&record[42]) == 0xFFFFFFFF;
  return u16(4) == (3 << 8 | version) && version == (far ? 45 : 20) &&
         u16(8) == 0x0800 && (method == 0 || method == 8) && u16(12) == 0 &&
         u16(14) == (1 << 5 | 1) && u16(28) == name_size &&
         extra_size == (far ? 12 : 0) && u16(32) == 0 && u16(34) == 0 &&
         u16(36) == 0 &&
         LoadLe<std::uint32_t>(&record[38]) == std::uint32_t{0100644} << 16 &&
         record.size() == kRecordSize + name_size + extra_size;
}

std::span<const std::byte> RecordOf(const Archive& archive,
                                    Archive::Index index) {
  return archive.records(index + 1).subspan(archive.records(index).size());
}

Status NotAsSigned(const Archive& archive, std::string_view found,
                   std::string_view expected) {
  return Failure(ErrorCode::kNotAsSigned, archive.name(), found, expected);
}

// inmem.json is the last entry but inmem.sig, or the last.
Result<Structure> FindFiles(const Archive& archive) {
  const auto manifest = archive.Find(kManifestName);
  const auto signature = archive.Find(kSignatureName);
  if (!manifest) {
    return Failure(ErrorCode::kUnsigned, archive.name(),
                   "no " + std::string(kManifestName) + " in it",
                   "a bundle as inmem-python bundle makes it, signed");
  }
  const std::size_t count = archive.entry_count();
  if (*manifest + (signature ? 2 : 1) != count ||
      (signature && *signature + 1 != count)) {
    return NotAsSigned(archive, "entries behind " + std::string(kManifestName),
                       "none but " + std::string(kSignatureName));
  }
  Structure structure;
  structure.manifest = *manifest;
  structure.signature = signature;
  return structure;
}

Status CheckEnd(const Archive& archive) {
  const archive::Extent extent = archive.extent();
  const std::uint64_t end = extent.directory_offset_bytes +
                            extent.directory_size_bytes + kEndSize +
                            (extent.zip64 ? kZip64EndSize : 0);
  if (end != extent.source_size_bytes) {
    return NotAsSigned(archive,
                       Count(extent.source_size_bytes - end,
                             "bytes behind the central directory's end"),
                       "none");
  }
  if (!extent.in_order) {
    return NotAsSigned(archive, "entries in another order than the directory's",
                       "the same order");
  }
  return Status::Ok();
}

Status CheckOwnEntry(const Archive& archive, Archive::Index index) {
  const archive::Entry entry = archive.entry(index);
  if (!IsPlainRecord(RecordOf(archive, index), entry.name.size())) {
    return archive::EntryFailure(ErrorCode::kNotAsSigned, archive.name(),
                                 entry.name, "a record that was changed",
                                 "what inmem-python writes");
  }
  return archive.CheckPlace(index);
}

}  // namespace

Result<Structure> ReadStructure(const Archive& archive, const Crypto& crypto) {
  Result<Structure> found = FindFiles(archive);
  if (!found.ok()) return found;
  Structure structure = found.Take();
  Status status = CheckEnd(archive);
  if (status.ok() && structure.signature) {
    // The signed directory tells where the contents begin; the last one's end
    // is told by nothing but its header.
    if (structure.manifest > 0) {
      status = archive.CheckPlace(structure.manifest - 1);
    }
    if (status.ok()) status = CheckOwnEntry(archive, structure.manifest);
    if (status.ok()) status = CheckOwnEntry(archive, *structure.signature);
  }
  if (!status.ok()) return status;
  Layout& layout = structure.layout;
  layout.prefix_size_bytes = archive.entry(0).local_header_offset_bytes;
  if (layout.prefix_size_bytes > kPrefixLimitBytes) {
    return NotAsSigned(
        archive,
        Count(layout.prefix_size_bytes, "bytes before the first entry"),
        "a #! line, 1 MiB at most");
  }
  std::vector<std::byte> prefix(
      static_cast<std::size_t>(layout.prefix_size_bytes));
  status = archive.source().ReadAt(0, prefix);
  if (!status.ok()) return status;
  layout.prefix = crypto.Sha256(prefix);
  layout.directory = crypto.Sha256(archive.records(structure.manifest));
  return structure;
}

Status CompareLayouts(const Archive& archive, const Layout& found,
                      const Layout& expected) {
  if (found.prefix_size_bytes != expected.prefix_size_bytes) {
    return NotAsSigned(
        archive, Count(found.prefix_size_bytes, "bytes before the first entry"),
        std::to_string(expected.prefix_size_bytes) + " as signed");
  }
  if (found.prefix != expected.prefix) {
    return NotAsSigned(archive, "other bytes before the first entry",
                       "those that were signed");
  }
  if (found.directory != expected.directory) {
    return NotAsSigned(
        archive,
        "a central directory that was changed: names, order, sizes, methods, "
        "modes, times, CRCs or offsets",
        "the one that was signed");
  }
  return Status::Ok();
}

}  // namespace inmem::trust
