// native/archive/entry_place.cc: whether an entry's header and data fill its
// place exactly.
//
// Readers of zip look at a local header for little more than its length: what
// else stands there, and between two entries, is checked for those who must
// know whose each byte is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "archive/entry_reader.h"
#include "archive/message.h"
#include "base/byte_reader.h"

namespace inmem::archive {
namespace {

constexpr std::uint32_t kNone32 = 0xFFFFFFFF;
constexpr std::uint16_t kDescriptorFlag = 1u << 3;
constexpr std::uint16_t kZip64Field = 0x0001;
// Padding, as Android's zipalign writes it: the alignment, then zeros.
constexpr std::uint16_t kAlignmentField = 0xD935;

// The two sizes, as the local header and its zip64 field tell them.
struct Sizes {
  std::uint64_t compressed_bytes = 0;
  std::uint64_t bytes = 0;
};

bool IsPadding(std::span<const std::byte> field) {
  return field.size() >= 2 &&
         std::all_of(field.begin() + 2, field.end(),
                     [](std::byte byte) { return byte == std::byte{0}; });
}

// "" where the extra field holds nothing but what this knows: zip64's sizes,
// which go into `sizes`, and padding.
std::string ReadExtra(std::span<const std::byte> extra, Sizes* sizes) {
  ByteReader reader(extra);
  while (reader.remaining_bytes() > 0) {
    const std::uint16_t id = reader.U16();
    const auto field = reader.Bytes(reader.U16());
    if (!reader.ok()) return "an extra field that is cut off";
    if (id == kAlignmentField && IsPadding(field)) continue;
    if (id != kZip64Field || field.size() != 16) {
      return "an extra field " + Hex(id) + " that is no padding";
    }
    ByteReader values(field);
    const std::uint64_t size = values.U64();
    const std::uint64_t compressed_size = values.U64();
    if (sizes->bytes == kNone32) sizes->bytes = size;
    if (sizes->compressed_bytes == kNone32) {
      sizes->compressed_bytes = compressed_size;
    }
  }
  return "";
}

}  // namespace

Status EntryReader::CheckPlace() const {
  const auto fail = [this](std::string_view found, std::string_view expected) {
    return Fail(ErrorCode::kBadLocalHeader, found, expected);
  };
  const Result<std::uint64_t> data = DataOffset();
  if (!data.ok()) return data.status();
  const std::uint64_t end = data.value() + record_.compressed_size_bytes;
  if (end != limit_) {
    return Fail(ErrorCode::kOverlap,
                Count(limit_ - end, "bytes after its data") +
                    " that belong to no entry",
                "the next entry, or the central directory");
  }
  if ((record_.flags & kDescriptorFlag) != 0) {
    return fail("sizes behind the data (a data descriptor)",
                "them in the local header");
  }
  std::vector<std::byte> header(
      static_cast<std::size_t>(data.value() - start_));
  Status status = source_.ReadAt(start_, header);
  if (!status.ok()) return status;
  ByteReader reader(header);
  reader.Skip(4);
  const std::uint16_t version = reader.U16();
  // A record may need zip64 for its offset alone, which is not told here.
  const std::uint16_t declared = LoadLe<std::uint16_t>(&record_bytes_[6]);
  if (version != declared && version != 20) {
    return fail("version " + std::to_string(version) + " in the local header",
                std::to_string(declared));
  }
  // Flags, method, time and CRC stand in both in the same order.
  const auto fields = reader.Bytes(12);
  const auto same = record_bytes_.subspan(8, 12);
  if (!std::equal(fields.begin(), fields.end(), same.begin(), same.end())) {
    return fail("flags, method, time or CRC-32 of its own in the local header",
                "the central directory's");
  }
  Sizes sizes;
  sizes.compressed_bytes = reader.U32();
  sizes.bytes = reader.U32();
  reader.Skip(4 + record_.name.size());
  const std::string wrong =
      ReadExtra(reader.Bytes(reader.remaining_bytes()), &sizes);
  if (!wrong.empty()) return fail(wrong, "padding alone");
  if (sizes.bytes != record_.size_bytes ||
      sizes.compressed_bytes != record_.compressed_size_bytes) {
    return fail("sizes of its own in the local header",
                "the central directory's");
  }
  return Status::Ok();
}

}  // namespace inmem::archive
