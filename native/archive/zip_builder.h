// native/archive/zip_builder.h: makes archives for tests, good and bad ones.
//
// Test only. Every field can be set to a lie; what is not set is written as a
// correct archive has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/byte_source.h"

namespace inmem::archive::testing {

struct ZipEntry {
  std::string name;
  std::string data;
  std::uint16_t method = 0;  // 0, 8 and 93 are compressed; others are stored
  std::uint16_t flags = 0;
  std::uint32_t dos_time = 0x21;  // 1980-01-01
  std::uint16_t made_by = 3 << 8 | 20;
  std::uint32_t external_attributes = 0100644u << 16;
  std::uint16_t disk = 0;
  bool zip64 = false;  // sizes and offset in the zip64 extra field
  bool data_descriptor = false;
  std::string extra;          // of the central directory
  std::string local_extra;    // of the local header
  std::string comment;        // of the entry
  std::string gap;            // bytes before the local header
  std::string packed_suffix;  // bytes after the compressed data

  // Lies.
  std::optional<std::string> packed;  // instead of the compressed data
  std::optional<std::string> local_name;
  std::optional<std::uint16_t> local_method;
  std::optional<std::uint32_t> local_signature;
  std::optional<std::uint32_t> record_signature;
  std::optional<std::uint32_t> crc;
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> compressed_size;
  std::optional<std::uint64_t> offset;
  std::optional<std::string> zip64_extra;  // content, instead of the right one
  bool in_directory = true;
};

struct ZipOptions {
  std::string prefix;
  bool prefix_in_offsets = false;  // as `zip -A` corrects them
  std::string comment;
  std::string suffix;  // bytes after the archive
  bool zip64 = false;
  std::string zip64_extensible;    // data after the zip64 end record
  std::string before_end;          // between directory and end records
  std::vector<std::size_t> order;  // of the central directory; empty: as is

  // Lies.
  std::optional<std::uint64_t> count;
  std::optional<std::uint64_t> count_on_disk;
  std::optional<std::uint64_t> directory_size;
  std::optional<std::uint64_t> directory_offset;
  std::optional<std::uint16_t> disk;
  std::optional<std::uint32_t> zip64_signature;
  std::optional<std::uint64_t> zip64_record_size;
  std::optional<std::uint64_t> zip64_record_offset;
  std::optional<std::uint64_t> zip64_count;
  std::optional<std::uint64_t> zip64_directory_size;
  std::optional<std::uint64_t> zip64_directory_offset;
  std::optional<std::uint32_t> zip64_disks;
  bool zip64_locator = true;
};

// Little-endian numbers as bytes.
std::string Le16(std::uint64_t value);
std::string Le32(std::uint64_t value);
std::string Le64(std::uint64_t value);

std::string Deflate(std::string_view data);
std::string Zstd(std::string_view data, bool with_content_size = true);

std::string BuildZip(const std::vector<ZipEntry>& entries,
                     const ZipOptions& options = {});

// `count` entries "pkg_<i / 50>/module_<i>.py" in a large archive, fast.
std::string BuildManyEntries(std::size_t count);

// A source in memory that owns its bytes.
std::shared_ptr<const ByteSource> InMemory(std::string bytes,
                                           std::string name = "test.zip");

// The same bytes without View(), as a file has it. Counts reads.
class ReadOnlySource final : public ByteSource {
 public:
  explicit ReadOnlySource(std::string bytes, std::string name = "test.zip")
      : bytes_(std::move(bytes)), name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  std::uint64_t size_bytes() const override { return bytes_.size(); }
  Status ReadAt(std::uint64_t offset_bytes,
                std::span<std::byte> out) const override;

  mutable std::size_t reads = 0;
  mutable std::size_t largest_read_bytes = 0;
  // After this many reads the file is found to be cut to `cut_bytes`.
  std::size_t reads_until_cut = SIZE_MAX;
  std::size_t cut_bytes = 0;

 private:
  std::string bytes_;
  std::string name_;
};

// An entry that breaks no rule.
ZipEntry Good(std::string name = "good.txt");

// An archive with `entry` between two good ones, the second called "last".
std::string WithEntry(const ZipEntry& entry);

}  // namespace inmem::archive::testing
