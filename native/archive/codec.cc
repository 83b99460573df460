// native/archive/codec.cc: decompression by libdeflate and zstd.
#include "archive/codec.h"

#include <libdeflate.h>
#include <zstd.h>

#include <limits>
#include <memory>

#include "archive/message.h"
#include "base/checked.h"

namespace inmem::archive {
namespace {

// Deflate's best: a pair of one-bit codes stands for 258 bytes.
constexpr std::uint64_t kDeflateRatio = 1032;
// zstd's best: an RLE block of 4 bytes stands for 128 KiB.
constexpr std::uint64_t kZstdRatio = 32 * 1024;

struct FreeDeflate {
  void operator()(libdeflate_decompressor* it) const {
    libdeflate_free_decompressor(it);
  }
};
struct FreeZstd {
  void operator()(ZSTD_DCtx* it) const { ZSTD_freeDCtx(it); }
};

CodecResult NoMemory() {
  return {ErrorCode::kTooLarge, "no memory", "memory for a decompressor"};
}

CodecResult Inflate(std::span<const std::byte> packed,
                    std::span<std::byte> out) {
  thread_local std::unique_ptr<libdeflate_decompressor, FreeDeflate> state;
  if (state == nullptr) state.reset(libdeflate_alloc_decompressor());
  if (state == nullptr) return NoMemory();
  std::size_t used = 0;
  std::size_t made = 0;
  switch (libdeflate_deflate_decompress_ex(state.get(), packed.data(),
                                           packed.size(), out.data(),
                                           out.size(), &used, &made)) {
    case LIBDEFLATE_SUCCESS:
      break;
    case LIBDEFLATE_INSUFFICIENT_SPACE:
      return {ErrorCode::kBadData,
              "more than " + Count(out.size(), "bytes of data"),
              "the declared size"};
    default:
      return {ErrorCode::kBadData, "damaged deflate data",
              Count(packed.size(), "bytes of deflate data")};
  }
  if (made != out.size()) {
    return {ErrorCode::kBadData, Count(made, "bytes of data"),
            Count(out.size(), "as declared")};
  }
  if (used != packed.size()) {
    return {ErrorCode::kBadData,
            "deflate data that ends after " + Count(used, "bytes"),
            Count(packed.size(), "as declared")};
  }
  return {};
}

CodecResult Unzstd(std::span<const std::byte> packed,
                   std::span<std::byte> out) {
  thread_local std::unique_ptr<ZSTD_DCtx, FreeZstd> state;
  if (state == nullptr) state.reset(ZSTD_createDCtx());
  if (state == nullptr) return NoMemory();
  const std::size_t made = ZSTD_decompressDCtx(
      state.get(), out.data(), out.size(), packed.data(), packed.size());
  if (ZSTD_isError(made) != 0) {
    return {ErrorCode::kBadData,
            std::string("zstd data: ") + ZSTD_getErrorName(made),
            Count(packed.size(), "bytes of zstd data for ") +
                Count(out.size(), "bytes")};
  }
  if (made != out.size()) {
    return {ErrorCode::kBadData, Count(made, "bytes of data"),
            Count(out.size(), "as declared")};
  }
  return {};
}

}  // namespace

std::uint64_t MaxSize(Method method, std::uint64_t compressed_size_bytes) {
  const auto times = [compressed_size_bytes](std::uint64_t ratio) {
    return CheckedMul(compressed_size_bytes, ratio)
        .value_or(std::numeric_limits<std::uint64_t>::max());
  };
  switch (method) {
    case Method::kStored:
      return compressed_size_bytes;
    case Method::kDeflate:
      return times(kDeflateRatio);
    case Method::kZstd:
      return times(kZstdRatio);
  }
  return 0;
}

CodecResult CheckHead(Method method, std::span<const std::byte> packed,
                      std::uint64_t size_bytes) {
  if (method != Method::kZstd) return {};
  const unsigned long long content =  // NOLINT(google-runtime-int)
      ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (content == ZSTD_CONTENTSIZE_UNKNOWN) return {};
  if (content == ZSTD_CONTENTSIZE_ERROR) {
    return {ErrorCode::kBadData, "no zstd frame", "zstd data"};
  }
  if (content == size_bytes) return {};
  // Several frames may follow each other: then one tells a part of the size.
  const std::size_t frame =
      ZSTD_findFrameCompressedSize(packed.data(), packed.size());
  if (content < size_bytes && ZSTD_isError(frame) == 0 &&
      frame < packed.size()) {
    return {};
  }
  return {ErrorCode::kBadData,
          "a zstd frame of " + Count(content, "bytes of data"),
          Count(size_bytes, "as declared")};
}

CodecResult Decompress(Method method, std::span<const std::byte> packed,
                       std::span<std::byte> out) {
  return method == Method::kZstd ? Unzstd(packed, out) : Inflate(packed, out);
}

std::uint32_t Crc32(std::span<const std::byte> bytes, std::uint32_t before) {
  return libdeflate_crc32(before, bytes.data(), bytes.size());
}

}  // namespace inmem::archive
