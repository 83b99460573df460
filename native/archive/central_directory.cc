// native/archive/central_directory.cc: the checked central directory.
//
// Source: PKWARE APPNOTE 4.3.12, 4.5.3.
#include "archive/central_directory.h"

#include <algorithm>
#include <chrono>
#include <new>

#include "archive/entry_name.h"
#include "archive/message.h"
#include "base/byte_reader.h"
#include "base/checked.h"
#include "base/hash.h"

namespace inmem::archive {
namespace {

constexpr std::uint32_t kRecordSignature = 0x02014b50;
constexpr std::uint16_t kZip64ExtraId = 0x0001;
constexpr std::uint16_t kTimestampExtraId = 0x5455;
constexpr std::uint16_t kNone16 = 0xFFFF;
constexpr std::uint32_t kNone32 = 0xFFFFFFFF;
constexpr unsigned kUnixHost = 3;
constexpr unsigned kDarwinHost = 19;

enum class Fault : std::uint8_t { kNone, kCut, kSignature, kZip64 };

// Replaces the fields that are all ones by those of the zip64 extra field.
Fault ApplyZip64(std::span<const std::byte> extra, Record* record) {
  ByteReader reader(extra);
  while (reader.remaining_bytes() >= 4) {
    const std::uint16_t id = reader.U16();
    const auto field = reader.Bytes(reader.U16());
    if (!reader.ok()) return Fault::kZip64;
    if (id != kZip64ExtraId) continue;
    ByteReader values(field);
    if (record->size_bytes == kNone32) record->size_bytes = values.U64();
    if (record->compressed_size_bytes == kNone32) {
      record->compressed_size_bytes = values.U64();
    }
    if (record->local_header_offset_bytes == kNone32) {
      record->local_header_offset_bytes = values.U64();
    }
    if (record->disk == kNone16) record->disk = values.U32();
    return values.ok() ? Fault::kNone : Fault::kZip64;
  }
  return Fault::kZip64;
}

// Reads the record at the front of `bytes` (foreign).
Fault ParseRecord(std::span<const std::byte> bytes, Record* record) {
  if (bytes.size() < kRecordSize) return Fault::kCut;
  const std::byte* at = bytes.data();
  const auto u16 = [at](std::size_t i) {
    return LoadLe<std::uint16_t>(at + i);
  };
  const auto u32 = [at](std::size_t i) {
    return LoadLe<std::uint32_t>(at + i);
  };
  if (u32(0) != kRecordSignature) return Fault::kSignature;
  const std::size_t name_size = u16(28);
  const std::size_t extra_size = u16(30);
  const std::size_t comment_size = u16(32);
  const std::size_t size = kRecordSize + name_size + extra_size + comment_size;
  if (size > bytes.size()) return Fault::kCut;
  const unsigned host = u16(4) >> 8;
  record->flags = u16(8);
  record->method = u16(10);
  record->dos_time = u32(12);
  record->crc32 = u32(16);
  record->compressed_size_bytes = u32(20);
  record->size_bytes = u32(24);
  record->name = AsChars(bytes.subspan(kRecordSize, name_size));
  record->disk = u16(34);
  record->unix_mode =
      host == kUnixHost || host == kDarwinHost ? u32(38) >> 16 : 0;
  record->local_header_offset_bytes = u32(42);
  record->record_size_bytes = size;
  const bool needs_zip64 = record->size_bytes == kNone32 ||
                           record->compressed_size_bytes == kNone32 ||
                           record->local_header_offset_bytes == kNone32 ||
                           record->disk == kNone16;
  if (!needs_zip64) return Fault::kNone;
  return ApplyZip64(bytes.subspan(kRecordSize + name_size, extra_size), record);
}

// Why a record is refused; out of the way of the loop over good ones.
[[gnu::noinline]] Status RecordFailure(const std::string& origin, Fault fault,
                                       std::uint32_t index,
                                       std::string_view name) {
  const std::string which = "record " + std::to_string(index);
  switch (fault) {
    case Fault::kNone:
    case Fault::kCut:
      return Failure(ErrorCode::kBadDirectory, origin,
                     which + " of the central directory is cut off",
                     "a whole record");
    case Fault::kSignature:
      return Failure(ErrorCode::kBadDirectory, origin,
                     which + " of the central directory has a wrong signature",
                     "PK\\x01\\x02");
    case Fault::kZip64:
      break;
  }
  return EntryFailure(ErrorCode::kBadZip64, origin, name,
                      "a field of all ones without its zip64 value",
                      "a zip64 extra field with it");
}

// "a" and "a/" get the same key: they cannot both exist in one tree.
std::string_view Key(std::string_view name) {
  return name.ends_with('/') ? name.substr(0, name.size() - 1) : name;
}

// Unknown to whoever wrote the archive, so that its names cannot be chosen to
// fall into one slot of the index. ASLR and the clock are enough for that.
std::uint64_t HashSeed() {
  static const std::uint64_t seed = [] {
    static const char anchor = 0;
    const auto place = reinterpret_cast<std::uintptr_t>(&anchor);
    const auto time =
        std::chrono::high_resolution_clock::now().time_since_epoch().count();
    return HashString("inmem", static_cast<std::uint64_t>(place) ^
                                   static_cast<std::uint64_t>(time));
  }();
  return seed;
}

std::uint64_t KeyHash(std::string_view name) {
  return HashString(Key(name), HashSeed());
}

template <typename T>
std::unique_ptr<T[]> Allocate(std::size_t count) {
  return std::unique_ptr<T[]>(new (std::nothrow) T[count]);
}

Status NoMemory(const std::string& origin, std::uint64_t size_bytes) {
  return Failure(ErrorCode::kTooLarge, origin,
                 "no memory for the central directory",
                 Count(size_bytes, "bytes"));
}

}  // namespace

Record CentralDirectory::record(std::uint32_t index) const {
  Record record;
  // Cannot fail: the same bytes passed in Check, and nobody writes them.
  (void)ParseRecord(bytes().subspan(record_offsets_[index]), &record);
  return record;
}

std::string_view CentralDirectory::name(std::uint32_t index) const {
  const std::byte* at = bytes_.get() + record_offsets_[index];
  return AsChars({at + kRecordSize, LoadLe<std::uint16_t>(at + 28)});
}

// Source: Info-ZIP's extrafld.txt: a byte of flags, of which bit 0 tells that
// the modification time follows. Damaged fields count as absent.
std::optional<std::int64_t> CentralDirectory::ExtendedTime(
    std::uint32_t index) const {
  const std::byte* at = bytes_.get() + record_offsets_[index];
  const std::size_t name_size = LoadLe<std::uint16_t>(at + 28);
  const std::size_t extra_size = LoadLe<std::uint16_t>(at + 30);
  ByteReader reader({at + kRecordSize + name_size, extra_size});
  while (reader.remaining_bytes() >= 4) {
    const std::uint16_t id = reader.U16();
    const auto field = reader.Bytes(reader.U16());
    if (!reader.ok()) break;
    if (id != kTimestampExtraId || field.size() < 5) continue;
    if ((std::to_integer<unsigned>(field[0]) & 1) == 0) continue;
    return static_cast<std::int32_t>(LoadLe<std::uint32_t>(field.data() + 1));
  }
  return std::nullopt;
}

std::span<const std::byte> CentralDirectory::RecordsBefore(
    std::uint32_t end) const {
  return bytes().first(end < count_ ? record_offsets_[end] : size_bytes_);
}

std::span<const std::byte> CentralDirectory::RecordBytes(
    std::uint32_t index) const {
  return RecordsBefore(index + 1).subspan(record_offsets_[index]);
}

std::uint64_t CentralDirectory::LocalHeader(std::uint32_t index) const {
  return record(index).local_header_offset_bytes + prefix_size_bytes_;
}

std::uint64_t CentralDirectory::Limit(std::uint32_t index) const {
  if (ordered_) {
    return index + 1 < count_ ? LocalHeader(index + 1)
                              : directory_offset_bytes_;
  }
  const std::span<const std::uint64_t> starts(starts_.get(), count_);
  const auto next =
      std::upper_bound(starts.begin(), starts.end(), LocalHeader(index));
  return next != starts.end() ? *next : directory_offset_bytes_;
}

std::optional<std::uint32_t> CentralDirectory::Find(
    std::string_view name) const {
  return names_.Find(KeyHash(name), [&](std::uint32_t index) {
    return Key(this->name(index)) == Key(name);
  });
}

Result<std::unique_ptr<const CentralDirectory>> CentralDirectory::Open(
    const ByteSource& source, const DirectoryEnd& end) {
  std::unique_ptr<CentralDirectory> directory(new CentralDirectory());
  Status status = directory->Load(source, end);
  if (status.ok()) status = directory->Check(source.name());
  if (!status.ok()) return status;
  return std::unique_ptr<const CentralDirectory>(std::move(directory));
}

// Memory is copied too: a Buffer's owner may write to it, and what was checked
// must stay what is read.
Status CentralDirectory::Load(const ByteSource& source,
                              const DirectoryEnd& end) {
  prefix_size_bytes_ = end.prefix_size_bytes;
  directory_offset_bytes_ = end.directory_offset_bytes;
  source_size_bytes_ = source.size_bytes();
  size_bytes_ = static_cast<std::size_t>(end.directory_size_bytes);
  bytes_ = AllocateLarge(size_bytes_);
  if (bytes_ == nullptr) return NoMemory(source.name(), size_bytes_);
  Status status = source.ReadAt(directory_offset_bytes_,
                                std::span(bytes_.get(), size_bytes_));
  if (!status.ok()) return status;
  count_ = static_cast<std::uint32_t>(end.entry_count);
  if (!end.zip64 && size_bytes_ / kRecordSize > kNone16) {
    // The field may have overflowed; if not, Check says what is wrong.
    const std::uint32_t counted = CountRecords();
    if ((counted & kNone16) == count_) count_ = counted;
  }
  record_offsets_ = Allocate<std::uint32_t>(count_);
  if (record_offsets_ == nullptr || !names_.Reserve(count_)) {
    return NoMemory(source.name(), std::uint64_t{count_} * 12);
  }
  return Status::Ok();
}

std::uint32_t CentralDirectory::CountRecords() const {
  std::uint32_t counted = 0;
  std::size_t at = 0;
  Record record;
  while (at < size_bytes_ &&
         ParseRecord(bytes().subspan(at), &record) == Fault::kNone) {
    at += record.record_size_bytes;
    ++counted;
  }
  return counted;
}

Status CentralDirectory::Check(const std::string& origin) {
  // Names go into the index a few records late: by then the slot, a random
  // place in a table larger than the cache, has arrived.
  constexpr std::uint32_t kDelay = 8;
  std::uint64_t hashes[kDelay] = {};
  std::size_t at = 0;
  std::uint64_t previous_end = 0;
  for (std::uint32_t i = 0; i < count_; ++i) {
    Record record;
    const Fault fault = ParseRecord(bytes().subspan(at), &record);
    if (fault != Fault::kNone) {
      return RecordFailure(origin, fault, i, record.name);
    }
    record_offsets_[i] = static_cast<std::uint32_t>(at);
    at += record.record_size_bytes;
    has_symlinks_ |= (record.unix_mode & 0170000) == 0120000;
    if (const NameFault bad = CheckName(record.name); bad != NameFault::kNone) {
      return EntryFailure(ErrorCode::kBadName, origin, record.name,
                          NameFaultText(bad),
                          "a relative path in UTF-8, '/'-separated");
    }
    Status status = CheckPlace(origin, record, &previous_end);
    if (status.ok() && i >= kDelay) {
      status =
          AddName(origin, i - kDelay, name(i - kDelay), hashes[i % kDelay]);
    }
    if (!status.ok()) return status;
    hashes[i % kDelay] = KeyHash(record.name);
    names_.Prefetch(hashes[i % kDelay]);
  }
  for (std::uint32_t i = count_ - std::min(count_, kDelay); i < count_; ++i) {
    Status status = AddName(origin, i, name(i), hashes[i % kDelay]);
    if (!status.ok()) return status;
  }
  if (at != size_bytes_) {
    return Failure(ErrorCode::kBadDirectory, origin,
                   "a central directory of " + Count(size_bytes_, "bytes"),
                   Count(at, "for ") + Count(count_, "entries"));
  }
  return ordered_ ? Status::Ok() : CheckOrder(origin);
}

Status CentralDirectory::AddName(const std::string& origin, std::uint32_t index,
                                 std::string_view name, std::uint64_t hash) {
  const auto other = names_.Insert(hash, index, [&](std::uint32_t candidate) {
    return Key(this->name(candidate)) == Key(name);
  });
  if (!other) return Status::Ok();
  return EntryFailure(ErrorCode::kDuplicate, origin, name,
                      "the same name in records " + std::to_string(*other) +
                          " and " + std::to_string(index),
                      "one entry of this name");
}

// Where the entry that begins at `start` ends, its local extra field counted as
// empty. A size that no place in this source could have counts as nothing: it
// is left to Read, so that the other entries stay readable.
std::uint64_t CentralDirectory::EntryEnd(std::uint64_t start,
                                         const Record& record) const {
  const std::uint64_t size = record.compressed_size_bytes;
  return start + kLocalHeaderSize + record.name.size() +
         (size > source_size_bytes_ ? 0 : size);
}

// Checks that the entry lies before the directory and, while records come in
// order, behind the previous one. The local header's extra field counts as
// empty here; DataOffset knows it.
Status CentralDirectory::CheckPlace(const std::string& origin,
                                    const Record& record,
                                    std::uint64_t* previous_end) {
  const std::uint64_t declared = record.local_header_offset_bytes;
  const std::uint64_t room = directory_offset_bytes_ - prefix_size_bytes_;
  const std::uint64_t header_size = kLocalHeaderSize + record.name.size();
  if (record.disk != 0) {
    return EntryFailure(ErrorCode::kMultiDisk, origin, record.name,
                        "an entry of part " + std::to_string(record.disk),
                        "one file");
  }
  if (!RangeFits(declared, header_size, room)) {
    return EntryFailure(
        ErrorCode::kBadDirectory, origin, record.name,
        "a local header at offset " + std::to_string(declared),
        "one before the central directory at " + std::to_string(room));
  }
  const std::uint64_t start = declared + prefix_size_bytes_;
  const std::uint64_t end = EntryEnd(start, record);
  if (end > directory_offset_bytes_) {
    return EntryFailure(ErrorCode::kOverlap, origin, record.name,
                        "an entry that ends at " + std::to_string(end),
                        "its end before the central directory at " +
                            std::to_string(directory_offset_bytes_));
  }
  if (start < *previous_end) {
    ordered_ = false;  // or an overlap: CheckOrder tells
  }
  *previous_end = end;
  return Status::Ok();
}

// The same check for records in any order.
Status CentralDirectory::CheckOrder(const std::string& origin) {
  struct Place {
    std::uint64_t start;
    std::uint32_t index;
  };
  auto places = Allocate<Place>(count_);
  starts_ = Allocate<std::uint64_t>(count_);
  if (places == nullptr || starts_ == nullptr) {
    return NoMemory(origin, std::uint64_t{count_} * sizeof(Place));
  }
  for (std::uint32_t i = 0; i < count_; ++i) places[i] = {LocalHeader(i), i};
  std::sort(places.get(), places.get() + count_,
            [](const Place& a, const Place& b) { return a.start < b.start; });
  for (std::uint32_t i = 0; i < count_; ++i) {
    starts_[i] = places[i].start;
    if (i == 0) continue;
    const Record previous = record(places[i - 1].index);
    const std::uint64_t end = EntryEnd(places[i - 1].start, previous);
    if (places[i].start >= end) continue;
    return EntryFailure(ErrorCode::kOverlap, origin, name(places[i].index),
                        "an entry at offset " + std::to_string(places[i].start),
                        "one behind " + Printable(previous.name) +
                            ", which ends at " + std::to_string(end));
  }
  return Status::Ok();
}

}  // namespace inmem::archive
