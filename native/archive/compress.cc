// native/archive/compress.cc: compression by libdeflate and zstd.
#include "archive/compress.h"

#include <libdeflate.h>
#include <zstd.h>

#include <memory>

namespace inmem::archive {
namespace {

struct FreeDeflate {
  void operator()(libdeflate_compressor* it) const {
    libdeflate_free_compressor(it);
  }
};

using Bytes = std::vector<std::byte>;

Bytes Deflate(int level, std::span<const std::byte> bytes) {
  const std::unique_ptr<libdeflate_compressor, FreeDeflate> state(
      libdeflate_alloc_compressor(level));
  if (state == nullptr) return {};
  Bytes out(libdeflate_deflate_compress_bound(state.get(), bytes.size()));
  out.resize(libdeflate_deflate_compress(state.get(), bytes.data(),
                                         bytes.size(), out.data(), out.size()));
  return out;
}

Bytes Zstd(int level, std::span<const std::byte> bytes) {
  if (level < ZSTD_minCLevel() || level > ZSTD_maxCLevel()) return {};
  Bytes out(ZSTD_compressBound(bytes.size()));
  const std::size_t made =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
  out.resize(ZSTD_isError(made) != 0 ? 0 : made);
  return out;
}

}  // namespace

std::vector<std::byte> Compress(Method method, int level,
                                std::span<const std::byte> bytes) {
  return method == Method::kZstd ? Zstd(level, bytes) : Deflate(level, bytes);
}

}  // namespace inmem::archive
