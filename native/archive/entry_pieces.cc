// native/archive/entry_pieces.cc: one entry's bytes, for those who keep none of
// them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "archive/codec.h"
#include "archive/entry_reader.h"
#include "archive/message.h"
#include "archive/zstd_stream.h"

namespace inmem::archive {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

}  // namespace

Status EntryReader::PackedPieces(const Use& use) const {
  const Result<std::uint64_t> offset = DataOffset();
  if (!offset.ok()) return offset.status();
  std::vector<std::byte> piece(kPieceBytes);
  const std::uint64_t size = record_.compressed_size_bytes;
  for (std::uint64_t done = 0; done < size;) {
    const auto count = static_cast<std::size_t>(
        std::min<std::uint64_t>(size - done, kPieceBytes));
    const std::span<std::byte> in = std::span(piece).first(count);
    Status status = source_.ReadAt(offset.value() + done, in);
    done += count;
    if (status.ok()) status = use(in, done == size);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status EntryReader::UnzstdPieces(const Take& take) const {
  const auto stream = ZstdStream::Decompressor();
  if (stream == nullptr) {
    return Fail(ErrorCode::kTooLarge, "no memory", "memory for a decompressor");
  }
  std::vector<std::byte> out(kPieceBytes);
  std::uint64_t made = 0;
  return PackedPieces([&](std::span<const std::byte> in, bool last) {
    for (bool done = false; !done;) {
      ZstdStream::Step step;
      const CodecResult result = stream->Next(in, last, out, &step);
      if (!result.ok()) return Fail(result.code, result.found, result.expected);
      made += step.produced_bytes;
      if (made > record_.size_bytes) {
        return Fail(ErrorCode::kBadData,
                    "more than " + Count(record_.size_bytes, "bytes of data"),
                    "the declared size");
      }
      take(std::span(out).first(step.produced_bytes));
      in = in.subspan(step.consumed_bytes);
      done = step.done;
    }
    return Status::Ok();
  });
}

Status EntryReader::ReadPieces(const Take& take) const {
  const auto method = static_cast<Method>(record_.method);
  // libdeflate knows no pieces.
  if (method == Method::kDeflate || record_.size_bytes <= kPieceBytes) {
    const Result<Bytes> whole = Read();
    if (whole.ok()) take(whole.value().span());
    return whole.status();
  }
  if (Status status = CheckDeclared(); !status.ok()) return status;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
  const Take counted = [&](std::span<const std::byte> piece) {
    crc = Crc32(piece, crc);
    size += piece.size();
    take(piece);
  };
  Status status =
      method == Method::kZstd
          ? UnzstdPieces(counted)
          : PackedPieces([&](std::span<const std::byte> piece, bool) {
              counted(piece);
              return Status::Ok();
            });
  if (!status.ok()) return status;
  if (size != record_.size_bytes) {
    return Fail(ErrorCode::kBadData, Count(size, "bytes of data"),
                Count(record_.size_bytes, "as declared"));
  }
  return CheckCrc(crc);
}

}  // namespace inmem::archive
