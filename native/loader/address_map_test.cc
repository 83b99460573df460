// native/loader/address_map_test.cc: which object an address belongs to.
#include "loader/address_map.h"

#include <thread>

#include "loader/bundle_for_test.h"
#include "loader/loader.h"

namespace inmem::loader {
namespace {

using testing::LoaderTest;

TEST_F(LoaderTest, AddressesOfALoadedObjectAreFound) {
  const auto mount =
      Mount({{"x.so", workshop_.Compile("x.so", "int f() { return 42; }")}});
  EXPECT_EQ(Call(mount, "x.so", "f"), 42);
  const LoadedObject object = loader_.loaded()[0];
  const auto* range = FindRange(object.base);
  ASSERT_NE(range, nullptr);
  EXPECT_EQ(range->path, object.path);
  EXPECT_EQ(range->begin, object.base);
  EXPECT_EQ(FindRange(object.base + object.memory_bytes - 1), range);
  EXPECT_NE(FindRange(object.base + object.memory_bytes), range);
  EXPECT_NE(FindRange(object.base - 1), range);
}

TEST(AddressMap, NothingOfAnyBundle) {
  EXPECT_EQ(FindRange(0), nullptr);
  EXPECT_EQ(FindRange(UINTPTR_MAX), nullptr);
}

TEST(AddressMap, ThreadsThatPublishLoseNothing) {
  // Addresses that no process has.
  constexpr std::uintptr_t kFirst = std::uintptr_t{1} << 60;
  constexpr std::uintptr_t kBytes = 16;
  constexpr std::uintptr_t kEach = 500;
  const auto publish = [](std::uintptr_t thread) {
    for (std::uintptr_t i = 0; i < kEach; ++i) {
      const std::uintptr_t begin = kFirst + (thread * kEach + i) * kBytes;
      PublishRange(begin, begin + kBytes, "published");
    }
  };
  std::thread one(publish, 0);
  std::thread two(publish, 1);
  one.join();
  two.join();
  for (std::uintptr_t i = 0; i < 2 * kEach; ++i) {
    const auto* range = FindRange(kFirst + i * kBytes + kBytes - 1);
    ASSERT_NE(range, nullptr);
    EXPECT_EQ(range->begin, kFirst + i * kBytes);
  }
  EXPECT_EQ(FindRange(kFirst + 2 * kEach * kBytes), nullptr);
}

}  // namespace
}  // namespace inmem::loader
