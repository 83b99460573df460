// native/archive/zstd_stream_test.cc: zstd in pieces is zstd as a whole.
#include "archive/zstd_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "archive/codec.h"
#include "archive/compress.h"

namespace inmem::archive {
namespace {

using Data = std::vector<std::byte>;

Data Text(std::size_t size) {
  Data bytes(size);
  std::uint32_t state = 1;
  for (std::byte& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>("abcdefgh"[(state >> 24) % 8]);
  }
  return bytes;
}

// All of `in`, handed over `piece` bytes at a time, through a place of `place`.
CodecResult Through(ZstdStream& stream, std::span<const std::byte> in,
                    std::size_t piece, std::size_t place, Data* all) {
  Data out(place);
  bool last = false;
  do {
    auto rest = in.first(std::min(piece, in.size()));
    in = in.subspan(rest.size());
    last = in.empty();
    for (bool done = false; !done;) {
      ZstdStream::Step step;
      CodecResult result = stream.Next(rest, last, out, &step);
      if (!result.ok()) return result;
      all->insert(
          all->end(), out.begin(),
          out.begin() + static_cast<std::ptrdiff_t>(step.produced_bytes));
      rest = rest.subspan(step.consumed_bytes);
      done = step.done;
    }
  } while (!last);
  return {};
}

TEST(ZstdStream, MakesWhatDecompressTakes) {
  for (const std::size_t size : {0u, 1u, 1000u, 3000000u}) {
    const Data bytes = Text(size);
    Data first;
    for (const std::size_t place : {100000u, 7u}) {
      if (place == 7 && size > 1000) continue;
      const auto stream = ZstdStream::Compressor(9, size);
      ASSERT_NE(stream, nullptr);
      Data packed;
      ASSERT_TRUE(Through(*stream, bytes, 65536, place, &packed).ok());
      EXPECT_TRUE(CheckHead(Method::kZstd, packed, size).ok());
      Data back(size);
      EXPECT_TRUE(Decompress(Method::kZstd, packed, back).ok());
      EXPECT_EQ(back, bytes);
      if (first.empty()) first = packed;
      EXPECT_EQ(packed, first);
    }
  }
}

TEST(ZstdStream, ReadsFramesOneAfterAnother) {
  const Data bytes = Text(2000000);
  Data packed = Compress(Method::kZstd, 3, bytes);
  const std::size_t single = packed.size();
  const Data again = packed;
  packed.insert(packed.end(), again.begin(), again.end());
  for (const std::size_t piece : {single, std::size_t{1000}}) {
    for (const std::size_t place : {2000000u, 4096u}) {
      Data back;
      ASSERT_TRUE(
          Through(*ZstdStream::Decompressor(), packed, piece, place, &back)
              .ok());
      ASSERT_EQ(back.size(), 2 * bytes.size());
      EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), back.begin()));
    }
  }
}

// As `zstd --long=28` makes it: more than the library takes by itself.
TEST(ZstdStream, TakesFramesThatLookBackFar) {
  Data packed;
  for (const int byte : {0x28, 0xb5, 0x2f, 0xfd,  // magic number
                         0x00,                    // no size, no checksum
                         (28 - 10) << 3,          // window of 2^28 bytes
                         4 << 3 | 1, 0, 0,        // the last block, raw
                         0x64, 0x61, 0x74, 0x61}) {
    packed.push_back(static_cast<std::byte>(byte));
  }
  Data whole(4);
  ASSERT_TRUE(Decompress(Method::kZstd, packed, whole).ok());
  Data back;
  ASSERT_TRUE(
      Through(*ZstdStream::Decompressor(), packed, 500, 999, &back).ok());
  EXPECT_EQ(back, whole);
}

TEST(ZstdStream, RefusesWhatIsDamagedCutOffOrOfAnotherSize) {
  const Data bytes = Text(100000);
  const Data packed = Compress(Method::kZstd, 3, bytes);
  Data out;
  const auto whole = std::span<const std::byte>(packed);
  for (const std::size_t size : {std::size_t{1}, std::size_t{20},
                                 packed.size() / 2, packed.size() - 1}) {
    const auto cut = whole.first(size);
    EXPECT_EQ(Through(*ZstdStream::Decompressor(), cut, 500, 999, &out).code,
              ErrorCode::kBadData)
        << size;
  }
  Data damaged = packed;
  damaged[0] = std::byte{0};
  EXPECT_EQ(Through(*ZstdStream::Decompressor(), damaged, 500, 999, &out).code,
            ErrorCode::kBadData);
  for (const std::uint64_t told : {99999u, 100001u}) {
    EXPECT_EQ(
        Through(*ZstdStream::Compressor(3, told), bytes, 500, 999, &out).code,
        ErrorCode::kBadData);
  }
}

TEST(ZstdStream, IsNothingForALevelThatIsNone) {
  EXPECT_EQ(ZstdStream::Compressor(99, 1), nullptr);
}

}  // namespace
}  // namespace inmem::archive
