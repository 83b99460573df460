// native/base/base_test.cc: tests of status, checked arithmetic, reader, hash.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "base/hash.h"
#include "base/large_memory.h"
#include "base/status.h"

namespace inmem {
namespace {

constexpr std::array<ErrorCode, 2> kSomeCodes = {ErrorCode::kNotZip,
                                                 ErrorCode::kBundler};

TEST(LargeMemory, OfAnySize) {
  constexpr std::size_t kMebi = 1U << 20;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, 2 * kMebi - 1, 2 * kMebi, 3 * kMebi,
        16 * kMebi - 1, 16 * kMebi + 1}) {
    const auto memory = AllocateLarge(size);
    ASSERT_NE(memory, nullptr) << size;
    std::fill_n(memory.get(), size, std::byte{7});
    EXPECT_TRUE(size == 0 || memory[size - 1] == std::byte{7}) << size;
  }
}

TEST(Status, DefaultIsOk) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), ErrorCode::kOk);
  EXPECT_EQ(ErrorName(status.code()), "");
}

TEST(Status, CarriesCodeAndMessage) {
  const Status status(ErrorCode::kNotZip, "a.zip: 3 bytes");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.message(), "a.zip: 3 bytes");
  EXPECT_EQ(ErrorName(status.code()), "ERR_INMEM_NOT_ZIP");
}

TEST(Status, EveryCodeHasItsOwnPermanentName) {
  const std::vector<std::string_view> names = {
#define INMEM_ERROR(enumerator, name, meaning, remedy) \
  ErrorName(ErrorCode::enumerator),
#include "base/error_codes.def"
#undef INMEM_ERROR
  };
  EXPECT_EQ(std::set<std::string_view>(names.begin(), names.end()).size(),
            names.size());
  for (const std::string_view name : names) {
    EXPECT_TRUE(name.starts_with("ERR_INMEM_")) << name;
  }
  for (const ErrorCode code : kSomeCodes) EXPECT_NE(ErrorName(code), "");
}

TEST(Result, HoldsValueOrStatus) {
  Result<std::unique_ptr<int>> good = std::make_unique<int>(7);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(*good.Take(), 7);
  const Result<std::string> bad = Status(ErrorCode::kBadCrc, "x");
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.status().code(), ErrorCode::kBadCrc);
}

TEST(Checked, AddSubMulAtTheEdges) {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(CheckedAdd<std::uint64_t>(kMax, 0), kMax);
  EXPECT_FALSE(CheckedAdd<std::uint64_t>(kMax, 1));
  EXPECT_EQ(CheckedMul<std::uint64_t>(1u << 31, 1u << 31), 1ull << 62);
  EXPECT_FALSE(CheckedMul<std::uint64_t>(1ull << 32, 1ull << 32));
}

TEST(Checked, CastRangeAndAlign) {
  EXPECT_EQ(CheckedCast<std::uint8_t>(255), 255);
  EXPECT_FALSE(CheckedCast<std::uint8_t>(256));
  EXPECT_FALSE(CheckedCast<std::uint8_t>(-1));
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  EXPECT_TRUE(RangeFits(0, 0, 0));
  EXPECT_TRUE(RangeFits(3, 4, 7));
  EXPECT_FALSE(RangeFits(4, 4, 7));
  EXPECT_FALSE(RangeFits(kMax, 2, 7));
  EXPECT_FALSE(RangeFits(2, kMax, 7));
  EXPECT_EQ(CheckedAlignUp(4097, 4096), 8192u);
  EXPECT_EQ(CheckedAlignUp(4096, 4096), 4096u);
  EXPECT_FALSE(CheckedAlignUp(kMax - 1, 4096));
}

std::vector<std::byte> Counting(std::size_t size_bytes) {
  std::vector<std::byte> bytes(size_bytes);
  for (std::size_t i = 0; i < size_bytes; ++i) {
    bytes[i] = static_cast<std::byte>(i + 1);
  }
  return bytes;
}

TEST(ByteReader, ReadsLittleEndianAtAnyAlignment) {
  const auto bytes = Counting(16);
  ByteReader reader(bytes);
  EXPECT_EQ(reader.U8(), 0x01);
  EXPECT_EQ(reader.U16(), 0x0302);
  EXPECT_EQ(reader.U32(), 0x07060504u);
  EXPECT_EQ(reader.U64(), 0x0F0E0D0C0B0A0908u);
  EXPECT_EQ(reader.remaining_bytes(), 1u);
  EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, FailureSticksAndMovesNothing) {
  const auto bytes = Counting(3);
  ByteReader reader(bytes);
  EXPECT_EQ(reader.U8(), 1);
  EXPECT_EQ(reader.U32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.position_bytes(), 1u);
  EXPECT_EQ(reader.U8(), 0);
  EXPECT_TRUE(reader.Bytes(1).empty());
}

TEST(ByteReader, SeekSkipAndSpans) {
  const auto bytes = Counting(8);
  ByteReader reader(bytes);
  reader.Seek(2);
  reader.Skip(1);
  EXPECT_EQ(reader.Chars(2), "\x04\x05");
  reader.Seek(8);
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.Bytes(0).empty());
  EXPECT_TRUE(reader.ok());
  reader.Seek(9);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, HugeSizesDoNotWrap) {
  const auto bytes = Counting(8);
  ByteReader reader(bytes);
  reader.Skip(4);
  EXPECT_TRUE(
      reader.Bytes(std::numeric_limits<std::size_t>::max() - 2).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(Hash, DependsOnEveryByteLengthAndSeed) {
  std::set<std::uint64_t> seen;
  std::size_t made = 0;
  for (std::size_t size_bytes = 0; size_bytes <= 200; ++size_bytes) {
    const std::string text(size_bytes, 'a');
    seen.insert(HashString(text));
    ++made;
    for (std::size_t i = 0; i < size_bytes; ++i) {
      std::string changed = text;
      changed[i] = 'b';
      seen.insert(HashString(changed));
      ++made;
    }
  }
  EXPECT_EQ(seen.size(), made);
  EXPECT_NE(HashString("name", 1), HashString("name", 2));
  EXPECT_EQ(HashString("name", 1), HashString("name", 1));
}

TEST(Hash, SpreadsSimilarNamesOverLowAndHighBits) {
  constexpr std::size_t kBuckets = 1 << 12;
  std::vector<int> low(kBuckets);
  std::vector<int> high(kBuckets);
  for (int i = 0; i < 1 << 15; ++i) {
    const auto hash = HashString("pkg/sub/module_" + std::to_string(i) + ".py");
    ++low[hash % kBuckets];
    ++high[hash >> 52];
  }
  // 8 a bucket on average; 40 would be far outside of what chance gives.
  for (const int count : low) EXPECT_LT(count, 40);
  for (const int count : high) EXPECT_LT(count, 40);
}

}  // namespace
}  // namespace inmem
