// native/os/memfd_test.cc: memory files, their seals and their limits.
#include "os/memfd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "base/byte_reader.h"

namespace inmem::os {
namespace {

std::string LinkOf(int fd) {
  char text[512];
  const ssize_t size = ::readlink(
      ("/proc/self/fd/" + std::to_string(fd)).c_str(), text, sizeof text);
  return {text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

TEST(Memfd, HasItsName) {
  const auto fd = CreateMemfd("libx.so.1");
  ASSERT_TRUE(fd.ok()) << fd.status().message();
  EXPECT_EQ(LinkOf(fd.value().get()), "/memfd:libx.so.1 (deleted)");
  EXPECT_NE(::fcntl(fd.value().get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(Memfd, CutsLongNames) {
  const auto fd = CreateMemfd(std::string(1000, 'x'));
  ASSERT_TRUE(fd.ok()) << fd.status().message();
  EXPECT_EQ(LinkOf(fd.value().get()),
            "/memfd:" + std::string(kMemfdNameLimitBytes, 'x') + " (deleted)");
}

TEST(Memfd, IsWrittenAndSealed) {
  const auto fd = CreateMemfd("x");
  ASSERT_TRUE(fd.ok());
  const int number = fd.value().get();
  ASSERT_TRUE(WriteAll(number, 0, AsBytes("hello"), "x").ok());
  ASSERT_TRUE(WriteAll(number, 1, AsBytes("a"), "x").ok());
  ASSERT_TRUE(Seal(number, "x").ok());
  char text[8];
  ASSERT_EQ(::pread(number, text, sizeof text, 0), 5);
  EXPECT_EQ(std::memcmp(text, "hallo", 5), 0);
  const Status status = WriteAll(number, 0, AsBytes("z"), "a.zip!/x.so");
  EXPECT_EQ(status.code(), ErrorCode::kMemfd);
  EXPECT_TRUE(status.message().starts_with("a.zip!/x.so: "))
      << status.message();
  EXPECT_NE(::ftruncate(number, 0), 0);
  EXPECT_NE(::fcntl(number, F_ADD_SEALS, F_SEAL_WRITE), 0);
  // What the dynamic linker does stays possible.
  void* page =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, number, 0);
  ASSERT_NE(page, MAP_FAILED);
  static_cast<char*>(page)[0] = 'j';
  ::munmap(page, 4096);
}

TEST(Memfd, IsWrittenInPieces) {
  const auto fd = CreateMemfd("x");
  ASSERT_TRUE(fd.ok());
  // More than one call takes.
  std::string expected = "..";
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i) texts.push_back(std::to_string(i));
  std::vector<std::span<const std::byte>> pieces;
  for (const std::string& text : texts) {
    pieces.push_back(AsBytes(text));
    pieces.emplace_back();
    expected += text;
  }
  ASSERT_TRUE(WriteAll(fd.value().get(), 0, AsBytes(".."), "x").ok());
  ASSERT_TRUE(WriteAll(fd.value().get(), 2, pieces, "x").ok());
  std::string found(expected.size() + 1, '\0');
  const ssize_t size = ::pread(fd.value().get(), found.data(), found.size(), 0);
  EXPECT_EQ(found.substr(0, static_cast<std::size_t>(size)), expected);
}

TEST(Memfd, TellsThatDescriptorsRanOut) {
  rlimit old = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  rlimit none = old;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto fd = CreateMemfd("x");
  ::setrlimit(RLIMIT_NOFILE, &old);
  ASSERT_FALSE(fd.ok());
  EXPECT_EQ(fd.status().code(), ErrorCode::kMemfd);
  EXPECT_NE(fd.status().message().find("ulimit -n"), std::string::npos);
}

TEST(Memfd, SealingAnotherFileFails) {
  const int null = ::open("/dev/null", O_RDWR);
  EXPECT_EQ(Seal(null, "x").code(), ErrorCode::kMemfd);
  ::close(null);
}

TEST(UniqueFd, ClosesOnce) {
  int number = -1;
  {
    UniqueFd fd(::open("/dev/null", O_RDONLY));
    number = fd.get();
    UniqueFd other(std::move(fd));
    EXPECT_FALSE(fd.valid());  // NOLINT
    EXPECT_EQ(other.get(), number);
    fd = std::move(other);
    EXPECT_EQ(fd.get(), number);
  }
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace inmem::os
