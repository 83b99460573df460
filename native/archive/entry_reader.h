// native/archive/entry_reader.h: one entry's bytes out of the source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "archive/archive.h"
#include "archive/byte_source.h"
#include "archive/central_directory.h"
#include "base/status.h"

namespace inmem::archive {

// Whether any of the flags says that the entry is encrypted.
bool IsEncrypted(const Record& record);

// Reads entry `index` of the archive that `source` and `directory` are.
// Stateless; made for one call. Borrows both.
class EntryReader {
 public:
  EntryReader(const ByteSource& source, const CentralDirectory& directory,
              std::uint32_t index);

  using Take = std::function<void(std::span<const std::byte>)>;

  // As Archive::DataOffset, CheckPlace, Read, ReadInto and Test, without its
  // check.
  Result<std::uint64_t> DataOffset() const;
  Status CheckPlace() const;
  Result<Bytes> Read() const;
  Status ReadInto(std::span<std::byte> out) const;
  Status ReadPieces(const Take& take) const;

 private:
  struct Packed;
  Status Fail(ErrorCode code, std::string_view found,
              std::string_view expected) const;
  Status CheckFits() const;
  Status CheckDeclared() const;
  Result<std::uint64_t> DataOffsetIn(std::span<const std::byte> header) const;
  Result<Packed> ReadPacked() const;
  Result<Packed> ReadExactly(std::uint64_t data_offset) const;
  Status CheckPacked(std::span<const std::byte> packed) const;
  Status InflateInto(std::span<const std::byte> packed,
                     std::span<std::byte> out) const;
  Result<Bytes> Inflate(std::span<const std::byte> packed) const;
  Status CheckCrc(std::uint32_t crc) const;
  // Calls `use` with the packed data, a piece at a time, until it fails.
  using Use = std::function<Status(std::span<const std::byte>, bool last)>;
  Status PackedPieces(const Use& use) const;
  Status UnzstdPieces(const Take& take) const;

  const ByteSource& source_;
  std::span<const std::byte> record_bytes_;  // as the directory has it
  Record record_;
  std::uint64_t start_;  // of the local file header
  std::uint64_t limit_;  // where the next entry begins
};

}  // namespace inmem::archive
