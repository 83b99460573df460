// native/files/proc_test.cc: descriptors of ours by their names in /proc.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "files/test_world.h"

namespace inmem::files {
namespace {

using testing::World;

std::string ReadAll(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::array<char, 64> text = {};
  if (fd < 0 || ::read(fd, text.data(), text.size()) < 0) return "";
  ::close(fd);
  return text.data();
}

std::string RealPathOf(const std::string& path) {
  std::array<char, PATH_MAX> text = {};
  return ::realpath(path.c_str(), text.data()) != nullptr ? text.data() : "";
}

std::string LinkAt(const std::string& path) {
  std::array<char, PATH_MAX> text = {};
  return ::readlink(path.c_str(), text.data(), text.size()) > 0 ? text.data()
                                                                : "";
}

// A descriptor's number comes last in each.
std::array<std::string, 4> NamesOf(int fd) {
  const std::string number = std::to_string(fd);
  return {"/proc/self/fd/" + number, "/dev/fd/" + number,
          "/proc/" + std::to_string(::getpid()) + "/fd/" + number,
          "/proc/thread-self/fd/" + number};
}

TEST_F(World, AFileByItsNameInProc) {
  const std::string path = Virtual("pkg/data/a.txt");
  struct stat wanted = {};
  ASSERT_EQ(::stat(path.c_str(), &wanted), 0);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  for (const std::string& name : NamesOf(fd)) {
    struct stat info = {};
    ASSERT_EQ(::stat(name.c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_ino, wanted.st_ino) << name;
    EXPECT_EQ(info.st_dev, wanted.st_dev) << name;
    EXPECT_EQ(info.st_mode, wanted.st_mode) << name;
    struct statx more = {};
    ASSERT_EQ(::statx(AT_FDCWD, name.c_str(), 0, STATX_BASIC_STATS, &more), 0);
    EXPECT_EQ(more.stx_ino, wanted.st_ino) << name;
    ASSERT_EQ(::lstat(name.c_str(), &info), 0) << name;
    EXPECT_TRUE(S_ISLNK(info.st_mode)) << name;
    EXPECT_EQ(ReadAll(name), "hello, file\n") << name;
    EXPECT_EQ(RealPathOf(name), path) << name;
    EXPECT_EQ(LinkAt(name), path) << name;
    EXPECT_EQ(::stat((name + "/x").c_str(), &info), -1);
    EXPECT_EQ(errno, ENOTDIR) << name;
  }
  // As much of it as there is room for.
  std::array<char, 20> few = {};
  EXPECT_EQ(::readlink(NamesOf(fd)[0].c_str(), few.data(), few.size()), 20);
  EXPECT_EQ(std::string(few.data(), few.size()), path.substr(0, 20));
  // What is unmounted has no path any more.
  tree().Remove(zip_);
  EXPECT_TRUE(LinkAt(NamesOf(fd)[0]).starts_with("/memfd:"));
  EXPECT_EQ(RealPathOf(NamesOf(fd)[0]), "");
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(ReadAll(NamesOf(fd)[0]), "hello, file\n");
  ::close(fd);
}

TEST_F(World, AFolderByItsNameInProc) {
  const std::string path = Virtual("pkg");
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  for (const std::string& name : NamesOf(fd)) {
    struct stat info = {};
    ASSERT_EQ(::stat(name.c_str(), &info), 0) << name;
    EXPECT_TRUE(S_ISDIR(info.st_mode)) << name;
    EXPECT_EQ(ReadAll(name + "/data/a.txt"), "hello, file\n") << name;
    EXPECT_EQ(ReadAll(name + "/./../pkg//to_a"), "hello, file\n") << name;
    EXPECT_EQ(ReadAll(name + "/../../disk/pkg/data/a.txt"), "hello, file\n");
    EXPECT_EQ(::stat((name + "/nothing").c_str(), &info), -1);
    EXPECT_EQ(errno, ENOENT) << name;
    EXPECT_EQ(RealPathOf(name), path) << name;
    EXPECT_EQ(RealPathOf(name + "/to_data"), path + "/data") << name;
    EXPECT_EQ(LinkAt(name), path) << name;
    DIR* stream = ::opendir(name.c_str());
    ASSERT_NE(stream, nullptr) << name;
    int count = 0;
    while (::readdir(stream) != nullptr) ++count;
    ::closedir(stream);
    EXPECT_EQ(count, 11) << name;  // nine, "." and ".."
    ASSERT_EQ(::chdir(name.c_str()), 0) << name;
    EXPECT_EQ(ReadAll("data/a.txt"), "hello, file\n") << name;
    ASSERT_EQ(::chdir(cwd_.c_str()), 0);
  }
  ::close(fd);
}

TEST_F(World, ForeignMemoryFilesAreLeftAlone) {
  ASSERT_NE(ReadAll(Virtual("pkg/data/a.txt")), "");
  const int fd = ::memfd_create("inmem:f:no number", MFD_CLOEXEC);
  struct stat info = {};
  ASSERT_EQ(::stat(NamesOf(fd)[0].c_str(), &info), 0);
  EXPECT_EQ(info.st_nlink, 0u);
  EXPECT_TRUE(LinkAt(NamesOf(fd)[0]).starts_with("/memfd:inmem:f:no number"));
  ::close(fd);
}

// What is kept to open descriptors through must not be taken for granted: a
// program may close all that is open, and have other things under its number.
TEST_F(World, OpensAfterEverythingWasClosed) {
  const std::string path = Virtual("pkg/data/a.txt");
  ASSERT_EQ(ReadAll(path), "hello, file\n");
  ASSERT_EQ(ReadAll(path), "hello, file\n");
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string decoy = folder_ + "/decoy";
    bool is_right = ReadAll(path) == "hello, file\n";
    std::filesystem::create_directory(decoy);
    for (int i = 0; i < 250; ++i) {
      std::ofstream(decoy + "/" + std::to_string(i)) << "hello, filE\n";
    }
    const int folder = ::open(decoy.c_str(), O_RDONLY | O_DIRECTORY);
    for (int fd = 100; fd < 250; ++fd) {
      if (::fcntl(fd, F_GETFD) >= 0 && fd != folder) ::dup2(folder, fd);
    }
    for (int i = 0; i < 3; ++i) is_right &= ReadAll(path) == "hello, file\n";
    for (int fd = 3; fd < 300; ++fd) {
      // The archive's own descriptor stays: it is what is read from.
      if (LinkAt("/proc/self/fd/" + std::to_string(fd)) != zip_) ::close(fd);
    }
    for (int i = 0; i < 3; ++i) is_right &= ReadAll(path) == "hello, file\n";
    ::_exit(is_right ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(World, OpensWhereFewDescriptorsAreAllowed) {
  const std::string path = Virtual("pkg/data/a.txt");
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit few = {64, 64};
    bool is_right = ::setrlimit(RLIMIT_NOFILE, &few) == 0;
    for (int i = 0; i < 3; ++i) is_right &= ReadAll(path) == "hello, file\n";
    while (::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) {
    }
    is_right &= ::open(path.c_str(), O_RDONLY | O_CLOEXEC) == -1;
    ::_exit(is_right && errno == EMFILE ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

// As daemons do it.
TEST_F(World, AStandardStreamsNumberIsTaken) {
  const std::string path = Virtual("pkg/data/a.txt");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(STDIN_FILENO);
    const int fd = ::open(path.c_str(), O_RDONLY);
    const bool is_right = fd == STDIN_FILENO && ::fcntl(fd, F_GETFD) == 0 &&
                          (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
    ::_exit(is_right && ReadAll("/dev/stdin") == "hello, file\n" ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace inmem::files
