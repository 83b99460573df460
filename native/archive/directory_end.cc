// native/archive/directory_end.cc: where the central directory lies.
#include "archive/directory_end.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>

#include "archive/message.h"
#include "base/byte_reader.h"
#include "base/checked.h"

namespace inmem::archive {
namespace {

constexpr std::uint32_t kEocdSignature = 0x06054b50;
constexpr std::uint32_t kZip64EocdSignature = 0x06064b50;
constexpr std::uint32_t kZip64LocatorSignature = 0x07064b50;
constexpr std::size_t kEocdSize = 22;
constexpr std::size_t kZip64EocdSize = 56;
constexpr std::size_t kZip64LocatorSize = 20;
constexpr std::size_t kMaxCommentSize = 0xFFFF;
constexpr std::uint16_t kNone16 = 0xFFFF;
constexpr std::uint32_t kNone32 = 0xFFFFFFFF;
constexpr std::uint64_t kMaxDirectorySize = 0xFFFFFFFF;

// The end of the source, where the records are looked for.
struct Tail {
  std::span<const std::byte> bytes;
  std::uint64_t offset_bytes = 0;  // of `bytes` in the source
  std::unique_ptr<std::byte[]> owned;
};

// The fields of either end of central directory record.
struct EndRecord {
  std::uint64_t offset_bytes = 0;  // of the record in the source
  std::uint32_t disk = 0;
  std::uint32_t directory_disk = 0;
  std::uint64_t entries_on_disk = 0;
  std::uint64_t entries = 0;
  std::uint64_t directory_size_bytes = 0;
  std::uint64_t directory_offset_bytes = 0;
  bool at_end = true;  // nothing follows its comment
};

Result<Tail> ReadTail(const ByteSource& source) {
  const std::uint64_t total = source.size_bytes();
  const auto size = static_cast<std::size_t>(
      std::min<std::uint64_t>(total, kEocdSize + kMaxCommentSize));
  Tail tail;
  tail.offset_bytes = total - size;
  if (const auto view = source.View(); !view.empty()) {
    tail.bytes = view.last(size);
    return tail;
  }
  tail.owned.reset(new (std::nothrow) std::byte[size]);
  if (tail.owned == nullptr) {
    return Failure(ErrorCode::kTooLarge, source.name(), "no memory",
                   Count(size, "bytes"));
  }
  const std::span<std::byte> out(tail.owned.get(), size);
  if (Status status = source.ReadAt(tail.offset_bytes, out); !status.ok()) {
    return status;
  }
  tail.bytes = out;
  return tail;
}

EndRecord ParseEocd(const Tail& tail, std::size_t at) {
  ByteReader reader(tail.bytes.subspan(at + 4));
  EndRecord record;
  record.offset_bytes = tail.offset_bytes + at;
  record.disk = reader.U16();
  record.directory_disk = reader.U16();
  record.entries_on_disk = reader.U16();
  record.entries = reader.U16();
  record.directory_size_bytes = reader.U32();
  record.directory_offset_bytes = reader.U32();
  return record;
}

// The last record whose comment ends where the source ends. Without one, the
// last whose comment fits: then something was appended to the archive.
std::optional<EndRecord> FindEocd(const Tail& tail) {
  const auto bytes = tail.bytes;
  if (bytes.size() < kEocdSize) return std::nullopt;
  std::optional<std::size_t> followed;
  for (std::size_t at = bytes.size() - kEocdSize + 1; at-- > 0;) {
    if (LoadLe<std::uint32_t>(&bytes[at]) != kEocdSignature) continue;
    const std::size_t comment_size = LoadLe<std::uint16_t>(&bytes[at + 20]);
    const std::size_t room = bytes.size() - at - kEocdSize;
    if (comment_size == room) return ParseEocd(tail, at);
    if (comment_size < room && !followed) followed = at;
  }
  if (!followed) return std::nullopt;
  EndRecord record = ParseEocd(tail, *followed);
  record.at_end = false;
  return record;
}

Status BadZip64(const ByteSource& source, std::string_view found,
                std::string_view expected) {
  return Failure(ErrorCode::kBadZip64, source.name(), found, expected);
}

// Reads the zip64 record at `offset_bytes` if it is one that ends where the
// locator begins; nullopt if it is not.
Result<std::optional<EndRecord>> ReadZip64Eocd(const ByteSource& source,
                                               std::uint64_t offset_bytes,
                                               std::uint64_t locator_offset) {
  using Found = std::optional<EndRecord>;
  if (!RangeFits(offset_bytes, kZip64EocdSize, locator_offset)) return Found();
  std::array<std::byte, kZip64EocdSize> buffer;
  if (Status status = source.ReadAt(offset_bytes, buffer); !status.ok()) {
    return status;
  }
  ByteReader reader(buffer);
  const std::uint32_t signature = reader.U32();
  const std::uint64_t rest_size = reader.U64();  // of all that follows it
  if (signature != kZip64EocdSignature ||
      rest_size != locator_offset - offset_bytes - 12) {
    return Found();
  }
  reader.Skip(4);  // versions
  EndRecord record;
  record.offset_bytes = offset_bytes;
  record.disk = reader.U32();
  record.directory_disk = reader.U32();
  record.entries_on_disk = reader.U64();
  record.entries = reader.U64();
  record.directory_size_bytes = reader.U64();
  record.directory_offset_bytes = reader.U64();
  return Found(record);
}

// Whether each field of the short record is either "see zip64" or the same.
bool Agrees(const EndRecord& eocd, const EndRecord& zip64) {
  const auto agrees = [](std::uint64_t value, std::uint64_t none,
                         std::uint64_t wide) {
    return value == none || value == wide;
  };
  return agrees(eocd.disk, kNone16, zip64.disk) &&
         agrees(eocd.directory_disk, kNone16, zip64.directory_disk) &&
         agrees(eocd.entries_on_disk, kNone16, zip64.entries_on_disk) &&
         agrees(eocd.entries, kNone16, zip64.entries) &&
         agrees(eocd.directory_size_bytes, kNone32,
                zip64.directory_size_bytes) &&
         agrees(eocd.directory_offset_bytes, kNone32,
                zip64.directory_offset_bytes);
}

struct Locator {
  std::uint64_t offset_bytes = 0;         // its own
  std::uint64_t record_offset_bytes = 0;  // declared
};

// The zip64 locator before `eocd`; nullopt where there is and need be none.
Result<std::optional<Locator>> FindLocator(const ByteSource& source,
                                           const EndRecord& eocd) {
  // A count of 65535 alone may be meant literally.
  const bool needed = eocd.directory_size_bytes == kNone32 ||
                      eocd.directory_offset_bytes == kNone32;
  std::array<std::byte, kZip64LocatorSize> buffer{};
  Locator locator;
  if (eocd.offset_bytes >= kZip64LocatorSize) {
    locator.offset_bytes = eocd.offset_bytes - kZip64LocatorSize;
    Status status = source.ReadAt(locator.offset_bytes, buffer);
    if (!status.ok()) return status;
  }
  ByteReader reader(buffer);
  if (reader.U32() != kZip64LocatorSignature) {
    if (!needed) return std::optional<Locator>();
    return BadZip64(source, "no zip64 locator",
                    "one, as a field of the end record is 0xFFFFFFFF");
  }
  const std::uint32_t disk = reader.U32();
  locator.record_offset_bytes = reader.U64();
  const std::uint32_t disk_count = reader.U32();
  if (disk != 0 || disk_count > 1) {
    return Failure(ErrorCode::kMultiDisk, source.name(),
                   "an archive of " + Count(disk_count, "files"), "one file");
  }
  return std::optional<Locator>(locator);
}

// The zip64 record that belongs to `eocd`; nullopt where there is no locator.
Result<std::optional<EndRecord>> FindZip64(const ByteSource& source,
                                           const EndRecord& eocd) {
  using Found = std::optional<EndRecord>;
  Result<std::optional<Locator>> found = FindLocator(source, eocd);
  if (!found.ok()) return found.status();
  if (!found.value()) return Found();
  const Locator locator = *found.value();
  // Right before the locator, where everyone writes it; a prefix moves it away
  // from the declared offset. One with extensible data is only at the latter.
  Result<Found> record = Found();
  if (locator.offset_bytes >= kZip64EocdSize) {
    record = ReadZip64Eocd(source, locator.offset_bytes - kZip64EocdSize,
                           locator.offset_bytes);
  }
  if (record.ok() && !record.value()) {
    record = ReadZip64Eocd(source, locator.record_offset_bytes,
                           locator.offset_bytes);
  }
  if (!record.ok()) return record;
  const std::string declared =
      " at offset " + std::to_string(locator.record_offset_bytes);
  if (!record.value()) {
    return BadZip64(source,
                    "no zip64 end of central directory record" + declared,
                    "one that ends where its locator begins");
  }
  const EndRecord& zip64 = *record.value();
  if (!Agrees(eocd, zip64)) {
    return BadZip64(source, "the two end of central directory records differ",
                    "equal values, or 0xFFFF... in the short one");
  }
  // The same prefix must stand before the directory and before this record.
  const auto directory_end =
      CheckedAdd(zip64.directory_offset_bytes, zip64.directory_size_bytes);
  if (directory_end != locator.record_offset_bytes) {
    return BadZip64(source, "a zip64 record" + declared,
                    "one at the central directory's end");
  }
  return record;
}

Status CheckPlausible(const ByteSource& source, const EndRecord& record,
                      bool zip64) {
  constexpr std::uint64_t kRecordSize = 46;
  constexpr std::uint64_t kMaxRecordSize = kRecordSize + 3 * 0xFFFF;
  const std::uint64_t size = record.directory_size_bytes;
  const std::uint64_t count = record.entries;
  if (count >= kNone32) {
    return Failure(ErrorCode::kTooLarge, source.name(),
                   Count(count, "declared entries"), "fewer than 2^32");
  }
  if (size > kMaxDirectorySize) {
    return Failure(ErrorCode::kTooLarge, source.name(),
                   "a central directory of " + Count(size, "bytes"),
                   "less than 4 GiB");
  }
  // Some old writers give the count modulo 65536; then it is counted later.
  const bool wrapped = !zip64 && size / kRecordSize > kNone16;
  if (count * kRecordSize > size ||
      (count * kMaxRecordSize < size && !wrapped)) {
    return Failure(ErrorCode::kBadDirectory, source.name(),
                   "a central directory of " + Count(size, "bytes"),
                   "room for " + Count(count, "entries"));
  }
  return Status::Ok();
}

}  // namespace

Result<DirectoryEnd> FindDirectoryEnd(const ByteSource& source) {
  Result<Tail> tail = ReadTail(source);
  if (!tail.ok()) return tail.status();
  const std::optional<EndRecord> eocd = FindEocd(tail.value());
  if (!eocd) {
    return Failure(ErrorCode::kNotZip, source.name(),
                   "no end of central directory record in " +
                       Count(source.size_bytes(), "bytes"),
                   "a whole zip archive");
  }
  auto zip64 = FindZip64(source, *eocd);
  if (!zip64.ok()) return zip64.status();
  const EndRecord& record = zip64.value() ? *zip64.value() : *eocd;
  if (record.disk != 0 || record.directory_disk != 0 ||
      record.entries_on_disk != record.entries) {
    return Failure(ErrorCode::kMultiDisk, source.name(),
                   "part " + std::to_string(record.disk) +
                       " of an archive of several files",
                   "one file");
  }
  // The directory ends where the end records begin; its declared offset then
  // tells how much stands before the archive, as CPython reckons it too.
  const std::uint64_t size = record.directory_size_bytes;
  const std::uint64_t offset = record.directory_offset_bytes;
  if (size > record.offset_bytes || offset > record.offset_bytes - size) {
    return Failure(
        ErrorCode::kBadDirectory, source.name(),
        "a central directory of " + Count(size, "bytes") + " at offset " +
            std::to_string(offset),
        "its end at or before offset " + std::to_string(record.offset_bytes));
  }
  if (Status status = CheckPlausible(source, record, zip64.value().has_value());
      !status.ok()) {
    return status;
  }
  DirectoryEnd end;
  end.directory_offset_bytes = record.offset_bytes - size;
  end.directory_size_bytes = size;
  end.entry_count = record.entries;
  end.prefix_size_bytes = end.directory_offset_bytes - offset;
  end.zip64 = zip64.value().has_value();
  // Bytes before and after: that is the end of an archive inside of one that
  // was cut off, not an archive with something appended.
  if (!eocd->at_end && end.prefix_size_bytes != 0) {
    return Failure(ErrorCode::kNotZip, source.name(),
                   "no end of central directory record at the end",
                   "a whole zip archive");
  }
  return end;
}

}  // namespace inmem::archive
