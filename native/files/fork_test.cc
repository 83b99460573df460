// native/files/fork_test.cc: fork while other threads use the tree.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "base/sanitizers_for_test.h"
#include "files/test_world.h"

namespace inmem::files {
namespace {

using testing::World;

constexpr int kForks = 150;
constexpr unsigned kSecondsToHang = 20;

// What a child does with each lock there is: looks up, lists, mounts, changes
// folder. 0, or the line that failed. A child that hangs is ended by SIGALRM.
int UseEverything(vfs::Tree& tree, const std::string& point,
                  const std::string& spare,
                  const std::shared_ptr<const archive::Archive>& archive) {
  struct stat info = {};
  if (::stat((point + "/pkg/__init__.py").c_str(), &info) != 0) return __LINE__;
  const auto mount = tree.Add(spare, archive);
  if (!mount.ok()) return __LINE__;
  if (!mount.value()->List("pkg/data")) return __LINE__;
  if (::chdir((spare + "/pkg").c_str()) != 0) return __LINE__;
  std::array<char, 4096> cwd = {};
  if (::getcwd(cwd.data(), cwd.size()) == nullptr) return __LINE__;
  if (spare + "/pkg" != cwd.data()) return __LINE__;
  const int fd = ::open("data/a.txt", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return __LINE__;
  ::close(fd);
  tree.Remove(spare);
  return 0;
}

TEST_F(World, ForkLeavesNoLockBehind) {
  if (inmem::testing::kHasSanitizerMalloc) {
    // Its locks are held by the threads that the child does not have.
    GTEST_SKIP() << "wants the host's malloc";
  }
  const std::string spare = std::string(vfs::kReservedRoot) + "/buffer/9/fork";
  auto source = os::OpenFileSource(zip_);
  ASSERT_TRUE(source.ok());
  const auto archive = archive::Archive::Open(source.Take());
  ASSERT_TRUE(archive.ok());
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  // One that takes the locks to write, one that builds tables of folders, one
  // that looks up, one that asks for the working directory.
  threads.emplace_back([&] {
    const std::string other =
        std::string(vfs::kReservedRoot) + "/buffer/8/fork";
    while (!stop) {
      const auto mount = tree().Add(other, archive.value());
      if (mount.ok()) (void)mount.value()->List("pkg");
      tree().Remove(other);
    }
  });
  threads.emplace_back([&] {
    while (!stop) (void)tree().Locate(Virtual("pkg/__init__.py"));
  });
  threads.emplace_back([&] {
    while (!stop) {
      const vfs::Mount mount("/nowhere/at.all", archive.value());
      (void)mount.List("pkg/data");
    }
  });
  ASSERT_EQ(::chdir(Virtual("pkg").c_str()), 0);
  threads.emplace_back([&] {
    std::array<char, 4096> cwd = {};
    while (!stop) (void)::getcwd(cwd.data(), cwd.size());
  });
  int failed = 0;
  for (int i = 0; i < kForks && failed == 0; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(kSecondsToHang);
      const int line = UseEverything(tree(), zip_, spare, archive.value());
      ::_exit(line == 0 ? 0 : line % 255 + 1);
    }
    ::waitpid(child, &failed, 0);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(WIFSIGNALED(failed)) << "signal " << WTERMSIG(failed);
  EXPECT_EQ(WEXITSTATUS(failed), 0) << "a line, modulo 255";
}

// A table of folders that another thread was just making is made in the child.
TEST_F(World, ForkAmidTheMakingOfATable) {
  if (inmem::testing::kHasSanitizerMalloc) {
    // Its locks are held by the threads that the child does not have.
    GTEST_SKIP() << "wants the host's malloc";
  }
  archive::testing::ZipEntry entry;
  std::vector<archive::testing::ZipEntry> entries;
  for (int i = 0; i < 20'000; ++i) {
    entry.name = "f" + std::to_string(i) + "/x";
    entries.push_back(entry);
  }
  const std::string path = folder_ + "/many.zip";
  std::ofstream(path, std::ios::binary) << archive::testing::BuildZip(entries);
  auto source = os::OpenFileSource(path);
  ASSERT_TRUE(source.ok());
  const auto archive = archive::Archive::Open(source.Take());
  ASSERT_TRUE(archive.ok());
  for (unsigned round = 0; round < 20; ++round) {
    const vfs::Mount mount(path, archive.value());
    std::atomic<bool> begun = false;
    std::thread maker([&] {
      begun = true;
      EXPECT_EQ(mount.List("")->size(), entries.size());
    });
    while (!begun) std::this_thread::yield();
    ::usleep(round * 100);
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(kSecondsToHang);
      const auto names = mount.List("");
      ::_exit(names && names->size() == entries.size() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    maker.join();
    ASSERT_FALSE(WIFSIGNALED(status)) << "signal " << WTERMSIG(status);
    ASSERT_EQ(WEXITSTATUS(status), 0);
  }
}

constexpr int kRefused = 77;

// The exit status of a child that is the first process of a PID namespace.
template <typename Work>
int AsFirstProcess(const Work& work) {
  if (::unshare(CLONE_NEWPID) != 0 &&
      ::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) {
    return kRefused;
  }
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

std::string ReadFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::array<char, 64> text = {};
  const ssize_t size = ::read(fd, text.data(), text.size());
  ::close(fd);
  return {text.data(), static_cast<std::size_t>(size < 0 ? 0 : size)};
}

// Such a process may fork that of another namespace: both are number 1, and the
// parent's descriptors are not the child's.
TEST_F(World, ChildOfItsParentsNumber) {
  const std::string point =
      std::string(vfs::kReservedRoot) + "/buffer/twins/app.pyz";
  Mount(
      point,
      archive::testing::InMemory(archive::testing::BuildZip(
          {{.name = "a", .data = "parent"}, {.name = "b", .data = "child!"}})));
  constexpr int kFrom = 3;
  constexpr int kTo = 40;
  int status = 0;
  const pid_t outside = ::fork();
  if (outside == 0) {
    ::_exit(AsFirstProcess([&] {
      const int fd = ::open((point + "/a").c_str(), O_RDONLY | O_CLOEXEC);
      for (int place = kFrom; place < kTo; ++place) {
        if (fd != place) ::dup2(fd, place);
      }
      return AsFirstProcess([&] {
        for (int place = kFrom; place < kTo; ++place) ::close(place);
        if (::getpid() != 1) return 2;
        return ReadFile(point + "/b") == "child!" ? 0 : 3;
      });
    }));
  }
  ::waitpid(outside, &status, 0);
  ASSERT_TRUE(WIFEXITED(status)) << status;
  // This process may not make namespaces.
  if (WEXITSTATUS(status) == kRefused) GTEST_SKIP() << "unshare is refused";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// A program may hand a descriptor on that looks like a folder of ours before
// any archive is mounted.
TEST(BeforeAttach, DescriptorOfAFolderLeadsNowhere) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process of its own
  EXPECT_EXIT(
      {
        const int fd = ::memfd_create("inmem:d:0000000000000001:x", 0);
        const bool is_refused = ::fdopendir(fd) == nullptr &&
                                errno == ENOTDIR && ::fchdir(fd) != 0 &&
                                errno == ENOTDIR;
        ::_exit(fd >= 0 && is_refused ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace inmem::files
