// native/archive/zstd_stream.cc: zstd piece by piece.
#include "archive/zstd_stream.h"

#include <zstd.h>

#include <memory>
#include <string>
#include <utility>

namespace inmem::archive {
namespace {

struct FreeCompressor {
  void operator()(ZSTD_CCtx* it) const { ZSTD_freeCCtx(it); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* it) const { ZSTD_freeDCtx(it); }
};

CodecResult Bad(const char* what) {
  return {ErrorCode::kBadData, std::string("zstd data: ") + what,
          "whole zstd data"};
}

class Compressing final : public ZstdStream {
 public:
  explicit Compressing(std::unique_ptr<ZSTD_CCtx, FreeCompressor> state)
      : state_(std::move(state)) {}

  CodecResult Next(std::span<const std::byte> in, bool last,
                   std::span<std::byte> out, Step* step) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const std::size_t left = ZSTD_compressStream2(
        state_.get(), &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0) return Bad(ZSTD_getErrorName(left));
    *step = {input.pos, output.pos, false};
    step->done = input.pos == input.size && (!last || left == 0);
    return {};
  }

 private:
  std::unique_ptr<ZSTD_CCtx, FreeCompressor> state_;
};

class Decompressing final : public ZstdStream {
 public:
  explicit Decompressing(std::unique_ptr<ZSTD_DCtx, FreeDecompressor> state)
      : state_(std::move(state)) {}

  CodecResult Next(std::span<const std::byte> in, bool last,
                   std::span<std::byte> out, Step* step) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    // It goes on behind the end of a frame; without input it would ask for the
    // next one.
    if (!in.empty() || !at_end_) {
      const std::size_t left =
          ZSTD_decompressStream(state_.get(), &output, &input);
      if (ZSTD_isError(left) != 0) return Bad(ZSTD_getErrorName(left));
      at_end_ = left == 0;
    }
    *step = {input.pos, output.pos, false};
    // A full place may mean that there is more to come.
    step->done =
        input.pos == input.size && (at_end_ || output.pos < out.size());
    if (step->done && last && !at_end_) return Bad("cut off");
    return {};
  }

 private:
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> state_;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<ZstdStream> ZstdStream::Compressor(int level,
                                                   std::uint64_t size_bytes) {
  if (level < ZSTD_minCLevel() || level > ZSTD_maxCLevel()) return nullptr;
  std::unique_ptr<ZSTD_CCtx, FreeCompressor> state(ZSTD_createCCtx());
  if (state == nullptr) return nullptr;
  const bool is_set =
      ZSTD_isError(ZSTD_CCtx_setParameter(state.get(), ZSTD_c_compressionLevel,
                                          level)) == 0 &&
      ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(state.get(), size_bytes)) == 0;
  if (!is_set) return nullptr;
  return std::make_unique<Compressing>(std::move(state));
}

std::unique_ptr<ZstdStream> ZstdStream::Decompressor() {
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> state(ZSTD_createDCtx());
  if (state == nullptr) return nullptr;
  // Data that Decompress takes must do here: a frame may look back as far as
  // the format allows.
  const int most = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound;
  ZSTD_DCtx_setParameter(state.get(), ZSTD_d_windowLogMax, most);
  return std::make_unique<Decompressing>(std::move(state));
}

}  // namespace inmem::archive
