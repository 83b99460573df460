// native/os/file_source_test.cc: files as byte sources.
#include "os/file_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "os/compile.h"

namespace inmem::os {
namespace {

class FileSourceTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = workshop_.Path(name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  void ExpectRefused(const std::string& path, ErrorCode code,
                     const std::string& found) {
    const auto source = OpenFileSource(path);
    ASSERT_FALSE(source.ok());
    EXPECT_EQ(source.status().code(), code) << source.status().message();
    EXPECT_NE(source.status().message().find(found), std::string::npos)
        << source.status().message();
  }
  testing::Workshop workshop_;
};

TEST_F(FileSourceTest, ReadsAnyRange) {
  FileIdentity identity;
  const auto opened = OpenFileSource(Write("a", "0123456789"), &identity);
  ASSERT_TRUE(opened.ok());
  const auto& source = *opened.value();
  EXPECT_EQ(source.size_bytes(), 10U);
  EXPECT_EQ(source.name(), workshop_.Path("a"));
  EXPECT_TRUE(source.View().empty());
  EXPECT_GT(source.descriptor(), 2);
  EXPECT_NE(::fcntl(source.descriptor(), F_GETFD) & FD_CLOEXEC, 0);
  std::array<std::byte, 4> out{};
  ASSERT_TRUE(source.ReadAt(6, out).ok());
  EXPECT_EQ(std::memcmp(out.data(), "6789", 4), 0);
  EXPECT_TRUE(source.ReadAt(10, {}).ok());
  EXPECT_EQ(identity.size_bytes, 10U);
  EXPECT_NE(identity.inode, 0U);
  EXPECT_GT(identity.mtime_ns, 0);
}

TEST_F(FileSourceTest, IdentityTellsARewrite) {
  FileIdentity before;
  FileIdentity after;
  ASSERT_TRUE(OpenFileSource(Write("a", "one"), &before).ok());
  ASSERT_TRUE(OpenFileSource(workshop_.Path("a"), &after).ok());
  EXPECT_EQ(before, after);
  ASSERT_TRUE(OpenFileSource(Write("a", "three"), &after).ok());
  EXPECT_NE(before, after);
}

TEST_F(FileSourceTest, IdentityTellsARewriteThatHidesItself) {
  FileIdentity before;
  FileIdentity after;
  const std::string path = Write("a", "one");
  struct stat info = {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  ASSERT_TRUE(OpenFileSource(path, &before).ok());
  ::usleep(20'000);  // the kernel's clock for files ticks each 4 ms
  Write("a", "two");
  const std::array<timespec, 2> times = {info.st_atim, info.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0), 0);
  ASSERT_TRUE(OpenFileSource(path, &after).ok());
  EXPECT_EQ(before.mtime_ns, after.mtime_ns);
  EXPECT_EQ(before.size_bytes, after.size_bytes);
  EXPECT_NE(before, after);
}

TEST_F(FileSourceTest, RefusesRangesPastTheEnd) {
  const auto opened = OpenFileSource(Write("a", "0123456789"));
  ASSERT_TRUE(opened.ok());
  std::array<std::byte, 4> out{};
  for (const std::uint64_t offset : {std::uint64_t{7}, ~std::uint64_t{0}}) {
    EXPECT_EQ(opened.value()->ReadAt(offset, out).code(),
              ErrorCode::kUnreadable);
  }
}

TEST_F(FileSourceTest, TellsATruncation) {
  const std::string path = Write("a", "0123456789");
  const auto opened = OpenFileSource(path);
  ASSERT_TRUE(opened.ok());
  ASSERT_EQ(::truncate(path.c_str(), 5), 0);
  std::array<std::byte, 4> out{};
  EXPECT_TRUE(opened.value()->ReadAt(1, out).ok());
  const Status status = opened.value()->ReadAt(4, out);
  EXPECT_EQ(status.code(), ErrorCode::kFileChanged);
  EXPECT_NE(
      status.message().find("the file now has 5 bytes (expected 10 bytes"),
      std::string::npos)
      << status.message();
}

TEST_F(FileSourceTest, KeepsTheOldFileAfterARename) {
  const std::string path = Write("a", "old");
  const auto opened = OpenFileSource(path);
  ASSERT_TRUE(opened.ok());
  std::filesystem::rename(Write("b", "new"), path);
  std::array<std::byte, 3> out{};
  ASSERT_TRUE(opened.value()->ReadAt(0, out).ok());
  EXPECT_EQ(std::memcmp(out.data(), "old", 3), 0);
}

TEST_F(FileSourceTest, RefusesWhatIsNotThere) {
  ExpectRefused(workshop_.Path("absent"), ErrorCode::kNotFound, "absent");
  ExpectRefused(Write("a", "x") + "/below", ErrorCode::kNotFound, "/below");
  ExpectRefused("", ErrorCode::kNotFound, "No such file");
  ExpectRefused(std::string("/a\0b", 4), ErrorCode::kNotFound, "NUL");
}

TEST_F(FileSourceTest, RefusesWhatIsNoFile) {
  ExpectRefused(workshop_.Path(""), ErrorCode::kNotAFile, "a directory");
  const std::string fifo = workshop_.Path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  ExpectRefused(fifo, ErrorCode::kNotAFile, "a FIFO");  // and does not hang
  ExpectRefused("/dev/null", ErrorCode::kNotAFile, "a character device");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = workshop_.Path("socket");
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address),
            0);
  ExpectRefused(path, ErrorCode::kNotAFile, "a socket");
  ::close(fd);
}

TEST_F(FileSourceTest, RefusesWhatItMayNotRead) {
  const std::string path = Write("a", "x");
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  const uid_t user = ::geteuid();
  if (user == 0) {  // root may read everything: be nobody for a moment
    ASSERT_EQ(::seteuid(65534), 0);
  }
  ExpectRefused(path, ErrorCode::kUnreadable, "Permission denied");
  ASSERT_EQ(::seteuid(user), 0);
}

TEST_F(FileSourceTest, ReportsALoopOfLinks) {
  const std::string path = workshop_.Path("loop");
  ASSERT_EQ(::symlink(path.c_str(), path.c_str()), 0);
  ExpectRefused(path, ErrorCode::kUnreadable, "symbolic links");
}

TEST_F(FileSourceTest, NeverBecomesAStandardStream) {
  const std::string path = Write("a", "x");
  const int saved = ::dup(STDIN_FILENO);
  ::close(STDIN_FILENO);
  const auto opened = OpenFileSource(path);
  const int now = ::open("/dev/null", O_RDONLY);
  if (saved >= 0) {
    ::dup2(saved, STDIN_FILENO);
    ::close(saved);
  }
  EXPECT_EQ(now, STDIN_FILENO);
  ASSERT_TRUE(opened.ok());
  EXPECT_GT(opened.value()->descriptor(), 2);
}

}  // namespace
}  // namespace inmem::os
