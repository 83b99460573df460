// native/files/spelling_test.cc: one file by every path that leads to it.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "files/test_world.h"

namespace inmem::files {
namespace {

using testing::World;

ino_t InodeOf(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

std::string Cwd() {
  std::array<char, PATH_MAX> text;
  return ::getcwd(text.data(), text.size()) != nullptr ? text.data() : "";
}

std::string ReadAt(int folder, const char* path) {
  const int fd = ::openat(folder, path, O_RDONLY | O_CLOEXEC);
  std::array<char, 64> text = {};
  if (fd < 0 || ::read(fd, text.data(), text.size()) < 0) return "";
  ::close(fd);
  return text.data();
}

TEST_F(World, EverySpellingIsTheSameFile) {
  const std::string name = "pkg/data/a.txt";
  const ino_t inode = InodeOf(Virtual(name));
  ASSERT_NE(inode, 0u);
  std::string from_above = "../";
  from_above += std::filesystem::path(folder_).filename();
  from_above += "/app.pyz/" + name;
  std::filesystem::create_directory_symlink(folder_, folder_ + "/linked");
  std::filesystem::create_symlink(zip_, folder_ + "/other.pyz");
  std::filesystem::create_symlink(Virtual(name), folder_ + "/straight");
  std::filesystem::create_symlink("straight", folder_ + "/twice");
  std::filesystem::create_hard_link(zip_, folder_ + "/hard.pyz");
  ASSERT_EQ(::chdir(folder_.c_str()), 0);
  for (const std::string& path : std::vector<std::string>{
           folder_ + "//app.pyz/pkg/data/a.txt",
           folder_ + "/./app.pyz/pkg/data/a.txt",
           folder_ + "/disk/../app.pyz/pkg/data/a.txt",
           folder_ + "/app.pyz/../app.pyz/pkg/data/a.txt",
           folder_ + "/app.pyz/pkg/../../app.pyz/pkg/data/a.txt",
           folder_ + "/linked/app.pyz/pkg/data/a.txt",
           folder_ + "/linked/linked/app.pyz/pkg/./data//a.txt",
           folder_ + "/other.pyz/pkg/data/a.txt",
           folder_ + "/hard.pyz/pkg/data/a.txt", folder_ + "/straight",
           folder_ + "/twice", "app.pyz/pkg/data/a.txt",
           "./app.pyz/pkg/data/a.txt", from_above,
           "other.pyz/pkg/data/../data/a.txt", "straight",
           "/proc/self/cwd/app.pyz/pkg/data/a.txt"}) {
    EXPECT_EQ(InodeOf(path), inode) << path;
  }
  // From a mount back to the disk.
  EXPECT_EQ(InodeOf(folder_ + "/app.pyz/../disk/pkg/data/a.txt"),
            InodeOf(Disk(name)));
  // A real file of another name is not taken for a bundle.
  EXPECT_EQ(InodeOf(Disk(name) + "/pkg/data/a.txt"), 0u);
  EXPECT_EQ(errno, ENOTDIR);
}

TEST_F(World, TheReservedRootHasFolders) {
  Mount("/proc/inmem/buffer/7/app.pyz",
        archive::testing::InMemory(testing::BuildSamples(), "app.pyz"));
  for (const char* folder :
       {"/proc/inmem", "/proc/inmem/", "/proc/inmem/buffer",
        "/proc/inmem/buffer/7", "/proc/inmem/buffer/7/app.pyz",
        "/proc/inmem/buffer/7/app.pyz/pkg", "/proc//inmem/buffer",
        "/proc/../proc/inmem/buffer/./7", "/proc/self/../inmem/buffer"}) {
    struct stat info = {};
    EXPECT_EQ(::stat(folder, &info), 0) << folder;
    EXPECT_TRUE(S_ISDIR(info.st_mode)) << folder;
  }
  DIR* folder = ::opendir("/proc/inmem/buffer");
  ASSERT_NE(folder, nullptr);
  std::string names;
  while (const dirent* entry = ::readdir(folder)) {
    names += std::string(entry->d_name) + " ";
  }
  ::closedir(folder);
  EXPECT_EQ(names, ". .. 7 ");
  EXPECT_EQ(ReadAt(AT_FDCWD, "/proc/inmem/buffer/7/app.pyz/pkg/data/a.txt"),
            "hello, file\n");
  struct stat info = {};
  EXPECT_EQ(::stat("/proc/inmem/nothing", &info), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(::stat("/proc/inmem/../version", &info), 0);
  EXPECT_EQ(::mkdir("/proc/inmem/new", 0777), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::chdir("/proc/inmem/buffer/7"), 0);
  EXPECT_EQ(Cwd(), "/proc/inmem/buffer/7");
  EXPECT_NE(InodeOf("app.pyz/pkg"), 0u);
}

TEST_F(World, DescriptorsOfFolders) {
  const int folder =
      ::open(Virtual("pkg").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(folder, 0);
  EXPECT_EQ(ReadAt(folder, "data/a.txt"), "hello, file\n");
  EXPECT_EQ(ReadAt(folder, "to_data/../data/a.txt"), "hello, file\n");
  struct stat info = {};
  EXPECT_EQ(::fstatat(folder, "data", &info, 0), 0);
  EXPECT_TRUE(S_ISDIR(info.st_mode));
  EXPECT_EQ(::fstatat(folder, "", &info, AT_EMPTY_PATH), 0);
  EXPECT_EQ(info.st_ino, InodeOf(Virtual("pkg")));
  EXPECT_EQ(::faccessat(folder, "nothing", R_OK, 0), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(::fstatat(folder, "data/a.txt/x", &info, 0), -1);
  EXPECT_EQ(errno, ENOTDIR);
  EXPECT_EQ(::mkdirat(folder, "new", 0777), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::fstatat(folder, "../../disk/pkg", &info, 0), 0);
  // A stream of a descriptor closes it.
  DIR* stream = ::fdopendir(::dup(folder));
  ASSERT_NE(stream, nullptr);
  int count = 0;
  while (::readdir(stream) != nullptr) ++count;
  EXPECT_EQ(count, 11);  // nine, "." and ".."
  const int fd = ::dirfd(stream);
  EXPECT_EQ(::closedir(stream), 0);
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
  // A file's is none.
  const int file = ::open(Virtual("pkg/tool.sh").c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(::fdopendir(file), nullptr);
  EXPECT_EQ(errno, ENOTDIR);
  EXPECT_EQ(::fchdir(file), -1);
  EXPECT_EQ(errno, ENOTDIR);
  ::close(file);
  ASSERT_EQ(::fchdir(folder), 0);
  EXPECT_EQ(Cwd(), Virtual("pkg"));
  // What is unmounted is gone for new names, and there for open ones.
  tree().Remove(zip_);
  EXPECT_EQ(::fstat(folder, &info), 0);
  EXPECT_TRUE(S_ISDIR(info.st_mode));
  EXPECT_EQ(::fstatat(folder, "data", &info, 0), -1);
  ::close(folder);
}

TEST_F(World, TheWorkingDirectory) {
  ASSERT_EQ(::chdir(Virtual("pkg/data").c_str()), 0);
  EXPECT_EQ(Cwd(), Virtual("pkg/data"));
  EXPECT_EQ(ReadAt(AT_FDCWD, "a.txt"), "hello, file\n");
  EXPECT_EQ(ReadAt(AT_FDCWD, "/proc/self/cwd/a.txt"), "hello, file\n");
  std::array<char, 4> small;
  EXPECT_EQ(::getcwd(small.data(), small.size()), nullptr);
  EXPECT_EQ(errno, ERANGE);
  ASSERT_EQ(::chdir(".."), 0);
  EXPECT_EQ(Cwd(), Virtual("pkg"));
  EXPECT_EQ(::chdir("nothing"), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(::chdir("tool.sh"), -1);
  EXPECT_EQ(errno, ENOTDIR);
  EXPECT_EQ(Cwd(), Virtual("pkg"));
  // Out of the archive, by dots.
  EXPECT_EQ(InodeOf("../../disk/pkg"), InodeOf(Disk("pkg")));
  ASSERT_EQ(::chdir("../../disk"), 0);
  EXPECT_EQ(Cwd(), Disk(""));
  EXPECT_EQ(InodeOf("pkg"), InodeOf(Disk("pkg")));
}

TEST_F(World, AnotherChdirEndsAVirtualOne) {
  ASSERT_EQ(::chdir(Virtual("pkg").c_str()), 0);
  // As Node does it: not through us.
  ASSERT_EQ(::syscall(SYS_chdir, Disk("pkg/data").c_str()), 0);
  EXPECT_EQ(Cwd(), Disk("pkg/data"));
  EXPECT_EQ(InodeOf("a.txt"), InodeOf(Disk("pkg/data/a.txt")));
}

TEST_F(World, AThreadOutsideHasTheRealOne) {
  ASSERT_EQ(::chdir(Virtual("pkg").c_str()), 0);
  std::string inside;
  std::string outside;
  std::thread([&] { inside = Cwd(); }).join();
  std::thread([&] {
    MarkOutsideThread();
    outside = Cwd();
  }).join();
  EXPECT_EQ(inside, Virtual("pkg"));
  EXPECT_EQ(outside, folder_);
}

TEST_F(World, ChildrenOfForkGoOnThere) {
  ASSERT_EQ(::chdir(Virtual("pkg/data").c_str()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool same = Cwd() == Virtual("pkg/data") &&
                      ReadAt(AT_FDCWD, "a.txt") == "hello, file\n" &&
                      ::chdir("..") == 0 && Cwd() == Virtual("pkg");
    ::_exit(same ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(Cwd(), Virtual("pkg/data"));
}

// What subprocess does: the child has its parent's memory.
TEST_F(World, AChildOfVforkChangesNothingHere) {
  const std::string inside = Virtual("pkg");
  const pid_t child = ::vfork();  // NOLINT(bugprone-unsafe-functions)
  if (child == 0) ::_exit(::chdir(inside.c_str()) == 0 ? 0 : 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(Cwd(), cwd_);
}

}  // namespace
}  // namespace inmem::files
