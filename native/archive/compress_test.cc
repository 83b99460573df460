// native/archive/compress_test.cc: what is compressed comes back.
#include "archive/compress.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "archive/codec.h"

namespace inmem::archive {
namespace {

std::vector<std::byte> Text(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>((i * i) % 61);
  }
  return bytes;
}

TEST(Compress, GivesWhatDecompressTakes) {
  for (const Method method : {Method::kDeflate, Method::kZstd}) {
    for (const std::size_t size : {0u, 1u, 1000u, 300000u}) {
      const auto bytes = Text(size);
      const auto packed = Compress(method, 6, bytes);
      ASSERT_FALSE(packed.empty());
      std::vector<std::byte> back(size);
      EXPECT_TRUE(Decompress(method, packed, back).ok()) << size;
      EXPECT_EQ(back, bytes);
      EXPECT_EQ(Compress(method, 6, bytes), packed);
    }
  }
}

TEST(Compress, HasNothingForALevelThatIsNone) {
  EXPECT_TRUE(Compress(Method::kDeflate, 99, Text(10)).empty());
  EXPECT_TRUE(Compress(Method::kZstd, 99, Text(10)).empty());
}

}  // namespace
}  // namespace inmem::archive
