// native/archive/central_directory.h: the checked central directory.
//
// The directory is held as the archive has it; an entry's record is read from
// there whenever it is asked for. So an entry costs, beside its record, four
// bytes here and on average ten in the name index, and opening an archive of
// 100 000 entries writes half a megabyte instead of five.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "archive/archive.h"
#include "archive/directory_end.h"
#include "archive/name_index.h"
#include "base/large_memory.h"
#include "base/status.h"

namespace inmem::archive {

// A central directory file header's fixed part.
inline constexpr std::size_t kRecordSize = 46;
// A local file header's fixed part.
inline constexpr std::size_t kLocalHeaderSize = 30;

// One central directory record, zip64 extra field applied.
struct Record {
  std::string_view name;
  std::uint64_t size_bytes = 0;
  std::uint64_t compressed_size_bytes = 0;
  std::uint64_t local_header_offset_bytes = 0;  // as declared: no prefix added
  std::uint64_t disk = 0;
  std::uint32_t crc32 = 0;
  std::uint32_t dos_time = 0;
  std::uint32_t unix_mode = 0;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::size_t record_size_bytes = 0;  // with name, extra field and comment
};

// Threads: after Open, const members may be called concurrently.
class CentralDirectory {
 public:
  // Reads and checks the directory that `end` describes.
  // Errors: kBadDirectory, kBadZip64, kMultiDisk, kOverlap, kDuplicate,
  // kBadName, kTooLarge, and the source's own.
  static Result<std::unique_ptr<const CentralDirectory>> Open(
      const ByteSource& source, const DirectoryEnd& end);

  std::uint32_t count() const { return count_; }
  std::span<const std::byte> bytes() const {
    return {bytes_.get(), size_bytes_};
  }

  // REQUIRES: index < count().
  Record record(std::uint32_t index) const;
  std::string_view name(std::uint32_t index) const;
  // Where the local file header lies in the source.
  std::uint64_t LocalHeader(std::uint32_t index) const;
  // Where the next entry, or the directory, begins: the entry's end at most.
  std::uint64_t Limit(std::uint32_t index) const;

  // The records before that of `end`. REQUIRES: end <= count().
  std::span<const std::byte> RecordsBefore(std::uint32_t end) const;
  // The record as the archive has it. REQUIRES: index < count().
  std::span<const std::byte> RecordBytes(std::uint32_t index) const;
  bool ordered() const { return ordered_; }

  bool has_symlinks() const { return has_symlinks_; }
  // The modification time of the extended timestamp field, if there is one.
  std::optional<std::int64_t> ExtendedTime(std::uint32_t index) const;

  // The entry `name`, or the folder entry `name` + '/'.
  std::optional<std::uint32_t> Find(std::string_view name) const;

 private:
  CentralDirectory() = default;
  Status Load(const ByteSource& source, const DirectoryEnd& end);
  Status Check(const std::string& origin);
  Status CheckPlace(const std::string& origin, const Record& record,
                    std::uint64_t* previous_end);
  std::uint64_t EntryEnd(std::uint64_t start, const Record& record) const;
  Status CheckOrder(const std::string& origin);
  Status AddName(const std::string& origin, std::uint32_t index,
                 std::string_view name, std::uint64_t hash);
  std::uint32_t CountRecords() const;

  std::unique_ptr<std::byte[], FreeMemory> bytes_;
  std::size_t size_bytes_ = 0;
  std::uint32_t count_ = 0;
  std::unique_ptr<std::uint32_t[]> record_offsets_;  // in bytes_
  NameIndex names_;
  std::uint64_t prefix_size_bytes_ = 0;
  std::uint64_t directory_offset_bytes_ = 0;
  std::uint64_t source_size_bytes_ = 0;
  bool has_symlinks_ = false;
  bool ordered_ = true;  // records come in the order of their local headers
  std::unique_ptr<std::uint64_t[]> starts_;  // sorted; only if !ordered_
};

}  // namespace inmem::archive
