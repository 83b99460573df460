// native/os/memory_file_test.cc: bytes in a sealed memory file, and mapped.
#include "os/memory_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/byte_reader.h"

namespace inmem::os {
namespace {

TEST(MemoryFile, HoldsACopyThatNobodyChanges) {
  std::string text = "some bytes";
  const auto made = MemoryFile::Copy(AsBytes(text), "app.pyz");
  ASSERT_TRUE(made.ok()) << made.status().message();
  text = "other text";
  const MemoryFile& file = *made.value();
  ASSERT_EQ(file.bytes().size(), 10u);
  EXPECT_EQ(std::memcmp(file.bytes().data(), "some bytes", 10), 0);

  char read[16];
  ASSERT_EQ(::pread(file.descriptor(), read, sizeof read, 0), 10);
  EXPECT_EQ(std::memcmp(read, "some bytes", 10), 0);
  EXPECT_LT(::pwrite(file.descriptor(), "x", 1, 0), 0);
  EXPECT_NE(::ftruncate(file.descriptor(), 0), 0);
  EXPECT_NE(::fcntl(file.descriptor(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(MemoryFile, MayBeEmpty) {
  const auto made = MemoryFile::Copy({}, "empty");
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_TRUE(made.value()->bytes().empty());
}

TEST(MemoryFile, ClosesItsDescriptor) {
  auto made = MemoryFile::Copy(AsBytes("x"), "x");
  ASSERT_TRUE(made.ok());
  auto file = made.Take();
  const int descriptor = file->descriptor();
  ASSERT_GE(::fcntl(descriptor, F_GETFD), 0);
  made = Status(ErrorCode::kMemfd, "gone");
  file = nullptr;
  EXPECT_LT(::fcntl(descriptor, F_GETFD), 0);
}

}  // namespace
}  // namespace inmem::os
