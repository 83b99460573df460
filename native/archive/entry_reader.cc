// native/archive/entry_reader.cc: one entry's bytes out of the source.
//
// Source: PKWARE APPNOTE 4.3.7, 4.4.4; Lib/zipimport.py _get_data.
#include "archive/entry_reader.h"

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "archive/codec.h"
#include "archive/message.h"
#include "base/byte_reader.h"
#include "base/checked.h"

namespace inmem::archive {
namespace {

constexpr std::uint32_t kLocalSignature = 0x04034b50;
// Encrypted, strong encryption, masked header values (APPNOTE 4.4.4).
constexpr std::uint16_t kEncryptedFlags = 1u << 0 | 1u << 6 | 1u << 13;
constexpr std::uint16_t kPatchFlag = 1u << 5;
// Read in one go with the local header, as its extra field may be: what zip
// tools write there (times, owner, zip64) takes at most about this much.
constexpr std::uint64_t kUsualExtraSize = 64;
// Larger entries get a read for their header of its own, since the extra field
// that aligns a shared object to a page would make us read it twice.
constexpr std::uint64_t kOneReadSize = 256 * 1024;

std::unique_ptr<std::byte[]> Allocate(std::uint64_t size_bytes) {
  if (!CheckedCast<std::ptrdiff_t>(size_bytes)) return nullptr;
  return std::unique_ptr<std::byte[]>(
      new (std::nothrow) std::byte[static_cast<std::size_t>(size_bytes)]);
}

}  // namespace

// The entry's data as the archive has it, in `buffer` or in the source.
struct EntryReader::Packed {
  std::unique_ptr<std::byte[]> buffer;  // null: borrowed
  std::size_t offset_bytes = 0;         // in buffer
  std::span<const std::byte> data;
};

bool IsEncrypted(const Record& record) {
  return (record.flags & kEncryptedFlags) != 0;
}

EntryReader::EntryReader(const ByteSource& source,
                         const CentralDirectory& directory, std::uint32_t index)
    : source_(source),
      record_bytes_(directory.RecordBytes(index)),
      record_(directory.record(index)),
      start_(directory.LocalHeader(index)),
      limit_(directory.Limit(index)) {}

Status EntryReader::Fail(ErrorCode code, std::string_view found,
                         std::string_view expected) const {
  return EntryFailure(code, source_.name(), record_.name, found, expected);
}

// Open leaves an entry alone that is larger than the whole archive, so that
// the others stay readable.
Status EntryReader::CheckFits() const {
  const std::uint64_t size = record_.compressed_size_bytes;
  if (size <= source_.size_bytes()) return Status::Ok();
  return Fail(ErrorCode::kTooLarge,
              "a declared compressed size of " + Count(size, "bytes"),
              "at most the archive's " + Count(source_.size_bytes(), "bytes"));
}

// What the central directory alone tells.
Status EntryReader::CheckDeclared() const {
  const auto method = static_cast<Method>(record_.method);
  if (IsEncrypted(record_)) {
    return Fail(ErrorCode::kEncrypted, "an encrypted entry", "a plain one");
  }
  const bool known = method == Method::kStored || method == Method::kDeflate ||
                     method == Method::kZstd;
  if (!known || (record_.flags & kPatchFlag) != 0) {
    return Fail(ErrorCode::kUnsupportedMethod,
                known ? "compressed patch data"
                      : "compression method " + std::to_string(record_.method),
                "0 (stored), 8 (deflate) or 93 (zstd)");
  }
  if (Status status = CheckFits(); !status.ok()) return status;
  const std::uint64_t packed_size = record_.compressed_size_bytes;
  const std::uint64_t max_size = MaxSize(method, packed_size);
  if (method == Method::kStored && record_.size_bytes != packed_size &&
      record_.size_bytes <= source_.size_bytes()) {
    return Fail(ErrorCode::kBadData,
                "a stored entry with " + Count(packed_size, "bytes"),
                Count(record_.size_bytes, "as declared"));
  }
  if (record_.size_bytes > max_size) {
    return Fail(ErrorCode::kTooLarge,
                "a declared size of " + Count(record_.size_bytes, "bytes"),
                "at most " + Count(max_size, "from ") +
                    Count(packed_size, "compressed ones"));
  }
  return Status::Ok();
}

// Where the data begins in the source. Takes the local header and name.
Result<std::uint64_t> EntryReader::DataOffsetIn(
    std::span<const std::byte> header) const {
  ByteReader reader(header);
  if (reader.U32() != kLocalSignature) {
    return Fail(ErrorCode::kBadLocalHeader,
                "no local header at offset " + std::to_string(start_),
                "PK\\x03\\x04");
  }
  reader.Skip(4);  // version, flags
  const std::uint16_t method = reader.U16();
  reader.Skip(16);  // time, CRC and sizes: may stand behind the data instead
  const std::size_t name_size = reader.U16();
  const std::size_t extra_size = reader.U16();
  const std::string_view name = reader.Chars(name_size);
  if (!reader.ok() || name != record_.name) {
    return Fail(ErrorCode::kBadLocalHeader,
                reader.ok()
                    ? "the name " + Printable(name) + " in the local header"
                    : "a local header with a longer name",
                "the central directory's name");
  }
  if (method != record_.method) {
    return Fail(
        ErrorCode::kBadLocalHeader,
        "method " + std::to_string(method) + " in the local header",
        std::to_string(record_.method) + " as in the central directory");
  }
  const std::uint64_t data = start_ + kLocalHeaderSize + name_size + extra_size;
  if (Status status = CheckFits(); !status.ok()) return status;
  if (!RangeFits(data, record_.compressed_size_bytes, limit_)) {
    return Fail(ErrorCode::kOverlap,
                "data that ends at " +
                    std::to_string(data + record_.compressed_size_bytes),
                "its end before the next entry at " + std::to_string(limit_));
  }
  return data;
}

Result<std::uint64_t> EntryReader::DataOffset() const {
  const auto header_size =
      static_cast<std::size_t>(kLocalHeaderSize + record_.name.size());
  if (const auto view = source_.View(); !view.empty()) {
    return DataOffsetIn(
        view.subspan(static_cast<std::size_t>(start_), header_size));
  }
  std::vector<std::byte> header(header_size);
  if (Status status = source_.ReadAt(start_, header); !status.ok()) {
    return status;
  }
  return DataOffsetIn(header);
}

// The data alone, at the front of a buffer.
Result<EntryReader::Packed> EntryReader::ReadExactly(
    std::uint64_t data_offset) const {
  const std::uint64_t size = record_.compressed_size_bytes;
  Packed packed;
  packed.buffer = Allocate(size);
  if (packed.buffer == nullptr) {
    return Fail(ErrorCode::kTooLarge, "no memory", Count(size, "bytes"));
  }
  const std::span<std::byte> out(packed.buffer.get(),
                                 static_cast<std::size_t>(size));
  if (Status status = source_.ReadAt(data_offset, out); !status.ok()) {
    return status;
  }
  packed.data = out;
  return packed;
}

Result<EntryReader::Packed> EntryReader::ReadPacked() const {
  const std::uint64_t size = record_.compressed_size_bytes;
  const std::uint64_t header_size = kLocalHeaderSize + record_.name.size();
  if (!source_.View().empty() || size > kOneReadSize) {
    const Result<std::uint64_t> offset = DataOffset();
    if (!offset.ok()) return offset.status();
    if (source_.View().empty()) return ReadExactly(offset.value());
    Packed packed;
    packed.data =
        source_.View().subspan(static_cast<std::size_t>(offset.value()),
                               static_cast<std::size_t>(size));
    return packed;
  }
  // Header and data in one read. Check saw to it that both lie before limit_.
  const auto wanted = static_cast<std::size_t>(
      std::min(header_size + kUsualExtraSize + size, limit_ - start_));
  Packed packed;
  packed.buffer = Allocate(wanted);
  if (packed.buffer == nullptr) {
    return Fail(ErrorCode::kTooLarge, "no memory", Count(wanted, "bytes"));
  }
  const std::span<std::byte> out(packed.buffer.get(), wanted);
  if (Status status = source_.ReadAt(start_, out); !status.ok()) return status;
  const Result<std::uint64_t> offset =
      DataOffsetIn(out.first(static_cast<std::size_t>(header_size)));
  if (!offset.ok()) return offset.status();
  const std::uint64_t at = offset.value() - start_;
  if (!RangeFits(at, size, wanted)) return ReadExactly(offset.value());
  packed.offset_bytes = static_cast<std::size_t>(at);
  packed.data =
      out.subspan(packed.offset_bytes, static_cast<std::size_t>(size));
  return packed;
}

Status EntryReader::CheckCrc(std::uint32_t crc) const {
  if (crc == record_.crc32) return Status::Ok();
  return Fail(ErrorCode::kBadCrc, "CRC-32 " + Hex(crc), Hex(record_.crc32));
}

Status EntryReader::CheckPacked(std::span<const std::byte> packed) const {
  const CodecResult result = CheckHead(static_cast<Method>(record_.method),
                                       packed, record_.size_bytes);
  if (result.ok()) return Status::Ok();
  return Fail(result.code, result.found, result.expected);
}

Status EntryReader::InflateInto(std::span<const std::byte> packed,
                                std::span<std::byte> out) const {
  const CodecResult result =
      Decompress(static_cast<Method>(record_.method), packed, out);
  if (!result.ok()) return Fail(result.code, result.found, result.expected);
  return CheckCrc(Crc32(out));
}

Result<Bytes> EntryReader::Inflate(std::span<const std::byte> packed) const {
  if (Status status = CheckPacked(packed); !status.ok()) return status;
  auto buffer = Allocate(record_.size_bytes);
  if (buffer == nullptr) {
    return Fail(ErrorCode::kTooLarge, "no memory",
                Count(record_.size_bytes, "bytes"));
  }
  const std::span<std::byte> out(buffer.get(),
                                 static_cast<std::size_t>(record_.size_bytes));
  if (Status status = InflateInto(packed, out); !status.ok()) return status;
  return Bytes::Own(std::move(buffer), out.size());
}

Status EntryReader::ReadInto(std::span<std::byte> out) const {
  if (Status status = CheckDeclared(); !status.ok()) return status;
  const bool stored = static_cast<Method>(record_.method) == Method::kStored;
  if (stored && source_.View().empty() && out.size() > kOneReadSize) {
    const Result<std::uint64_t> offset = DataOffset();
    if (!offset.ok()) return offset.status();
    Status status = source_.ReadAt(offset.value(), out);
    return status.ok() ? CheckCrc(Crc32(out)) : status;
  }
  const Result<Packed> read = ReadPacked();
  if (!read.ok()) return read.status();
  const std::span<const std::byte> packed = read.value().data;
  if (stored) {
    std::copy(packed.begin(), packed.end(), out.begin());
    return CheckCrc(Crc32(out));
  }
  Status status = CheckPacked(packed);
  return status.ok() ? InflateInto(packed, out) : status;
}

Result<Bytes> EntryReader::Read() const {
  if (Status status = CheckDeclared(); !status.ok()) return status;
  Result<Packed> read = ReadPacked();
  if (!read.ok()) return read.status();
  Packed packed = read.Take();
  if (static_cast<Method>(record_.method) != Method::kStored) {
    return Inflate(packed.data);
  }
  if (Status status = CheckCrc(Crc32(packed.data)); !status.ok()) return status;
  if (packed.buffer == nullptr) return Bytes::Borrow(packed.data);
  return Bytes::Own(std::move(packed.buffer), packed.data.size(),
                    packed.offset_bytes);
}

}  // namespace inmem::archive
