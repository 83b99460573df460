// native/os/private_files_test.cc: files of our own, in RAM and on disk.
#include "os/private_files.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/byte_reader.h"
#include "os/compile.h"
#include "os/memfd.h"
#include "os/private_folder.h"
#include "os/private_tmpfs.h"

namespace inmem::os {
namespace {

namespace fs = std::filesystem;
using testing::Workshop;

// Runs `act` in a forked child; gives its exit status, 1000 + signal if killed.
template <typename Act>
int InChild(Act&& act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// Skips where whoever runs the tests may make no tmpfs, by fsopen or in a user
// namespace: without one there is nothing to test. The message is the host's.
#define REQUIRE_TMPFS()                                               \
  if (const auto probe = PrivateTmpfs::Make(); !probe.ok()) {         \
    GTEST_SKIP() << "not on this host: " << probe.status().message(); \
  }

void Fill(const PrivateFiles& files, const std::string& name,
          const std::string& bytes) {
  const auto file = files.Create(name, bytes.size());
  ASSERT_TRUE(file.ok()) << file.status().message();
  ASSERT_TRUE(WriteAll(file.value().get(), 0, AsBytes(bytes), name).ok());
}

// A library in a folder of `files` that needs another by $ORIGIN, opened and
// called; dladdr tells the path by which it was opened.
void LoadsByOrigin(const PrivateFiles& files, const std::string& folder) {
  const Workshop workshop;
  const std::string low =
      workshop.Compile("liblow.so", "int low(void) { return 40; }");
  const std::string high = workshop.Compile(
      "libhigh.so", "int low(void); int high(void) { return low() + 2; }",
      "-L. -l:liblow.so -Wl,-rpath,'$ORIGIN/x.libs'");
  Fill(files, folder + "/x.libs/liblow.so", low);
  Fill(files, folder + "/libhigh.so", high);
  const std::string path = files.Path(folder + "/libhigh.so");
  void* handle = ::dlopen(path.c_str(), RTLD_NOW);
  ASSERT_NE(handle, nullptr) << ::dlerror();
  const auto function = reinterpret_cast<int (*)()>(::dlsym(handle, "high"));
  ASSERT_NE(function, nullptr);
  EXPECT_EQ(function(), 42);
  Dl_info info = {};
  ASSERT_NE(::dladdr(reinterpret_cast<void*>(function), &info), 0);
  EXPECT_EQ(info.dli_fname, path);
}

void RefusesBadPaths(const PrivateFiles& files) {
  for (const char* bad : {"", "/", "a/", "/a", "a//b", "../a", "a/../b", "."}) {
    const auto file = files.Create(bad);
    ASSERT_FALSE(file.ok()) << bad;
    EXPECT_EQ(file.status().code(), ErrorCode::kLoadFailed);
  }
  EXPECT_FALSE(files.Create(std::string("a\0b", 3)).ok());
  EXPECT_FALSE(files.Create(std::string(300, 'x')).ok());
  ASSERT_TRUE(files.Create("once/x.so").ok());
  const auto again = files.Create("once/x.so");
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.status().message().find("once/x.so: create in "),
            std::string::npos);
  EXPECT_FALSE(files.Create("once/x.so/y").ok());
  // A link that a program put there is not followed.
  ASSERT_EQ(::symlinkat("/tmp", files.folder(), "link"), 0);
  EXPECT_FALSE(files.Create("link/escaped.so").ok());
}

TEST(PrivateTmpfs, HasRealPathsForTheDynamicLinker) {
  REQUIRE_TMPFS();
  const auto made = PrivateTmpfs::Make();
  ASSERT_TRUE(made.ok());
  LoadsByOrigin(made.value(), "one");
  RefusesBadPaths(made.value());
}

TEST(PrivateTmpfs, IsInNoMountTableAndClosedOnExec) {
  REQUIRE_TMPFS();
  const auto count = [] {
    std::ifstream table("/proc/self/mounts");
    return std::count(std::istreambuf_iterator<char>(table), {}, '\n');
  };
  const auto before = count();
  const auto made = PrivateTmpfs::Make();
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(count(), before);
  EXPECT_NE(::fcntl(made.value().folder(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(PrivateTmpfs, OneForTheProcess) {
  REQUIRE_TMPFS();
  const auto first = PrivateTmpfs::Get();
  const auto second = PrivateTmpfs::Get();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first.value(), second.value());
  Fill(*first.value(), "of-the-process.so", "bytes");
  EXPECT_EQ(fs::file_size(first.value()->Path("of-the-process.so")), 5);
}

// An unprivileged user's process: its mount comes from a child.
TEST(PrivateTmpfs, WithoutPrivilegeThroughAChildThatNobodyNotices) {
  // Only root can become somebody else; for all others each test above took
  // this way already.
  if (::geteuid() != 0) GTEST_SKIP() << "runs as an unprivileged user anyway";
  const int status = InChild([] {
    if (::setresgid(65534, 65534, 65534) != 0 ||
        ::setresuid(65534, 65534, 65534) != 0) {
      return 10;
    }
    // After a change of user /proc/self is root's; a process that was this
    // user's from its exec on has no such trouble.
    ::prctl(PR_SET_DUMPABLE, 1);
    static std::atomic<int> children_ended{0};
    ::signal(SIGCHLD, [](int) { ++children_ended; });
    // Another thread, as in Node, that waits for any child at all.
    std::atomic<bool> stop{false};
    std::atomic<int> reaped{0};
    std::thread greedy([&] {
      while (!stop) {
        if (::waitpid(-1, nullptr, WNOHANG) > 0) ++reaped;
      }
    });
    int outcome = 0;
    for (int i = 0; i < 20 && outcome == 0; ++i) {
      const auto made = PrivateTmpfs::Make();
      if (!made.ok()) {
        std::fprintf(stderr, "%s\n", made.status().message().c_str());
        outcome = 77;
      } else if (!made.value().Create("a/b.so").ok()) {
        outcome = 11;
      }
    }
    stop = true;
    greedy.join();
    if (outcome == 0 && reaped != 0) outcome = 12;
    if (outcome == 0 && children_ended != 0) outcome = 13;
    // And none is left as a zombie.
    if (outcome == 0 && ::waitpid(-1, nullptr, WNOHANG | __WALL) != -1) {
      outcome = 14;
    }
    if (outcome == 0 && ::prctl(PR_GET_DUMPABLE) != 1) outcome = 15;
    return outcome;
  });
  // An unprivileged user's mount needs a user namespace, which sysctls and
  // container profiles forbid; the refusal stands on stderr.
  if (status == 77) GTEST_SKIP() << "user namespaces are forbidden here";
  EXPECT_EQ(status, 0);
}

TEST(PrivateTmpfs, TellsThatDescriptorsRanOutAndTriesAgain) {
  REQUIRE_TMPFS();
  EXPECT_EQ(InChild([] {
              rlimit old = {};
              ::getrlimit(RLIMIT_NOFILE, &old);
              rlimit none = old;
              none.rlim_cur = 3;
              ::setrlimit(RLIMIT_NOFILE, &none);
              const auto refused = PrivateTmpfs::Make();
              ::setrlimit(RLIMIT_NOFILE, &old);
              if (refused.ok()) return 1;
              const std::string& text = refused.status().message();
              if (text.find("ulimit -n") == std::string::npos) return 2;
              return PrivateTmpfs::Make().ok() ? 0 : 3;
            }),
            0);
}

TEST(PrivateFolder, HasRealPathsForTheDynamicLinker) {
  const Workshop workshop;
  const std::string place = fs::path(workshop.Path("x")).parent_path();
  const auto made = PrivateFolder::MakeIn(place);
  ASSERT_TRUE(made.ok()) << made.status().message();
  const std::string path = made.value().Path("");
  EXPECT_TRUE(path.starts_with(place + "/inmem-python-extract-"));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
  LoadsByOrigin(made.value(), "one");
  RefusesBadPaths(made.value());
}

TEST(PrivateFolder, IsGoneAfterExitButNotAfterAChildsExit) {
  const Workshop workshop;
  const std::string place = workshop.Path("place");
  fs::create_directory(place);
  const int status = InChild([&place] {
    ::setenv("XDG_RUNTIME_DIR", place.c_str(), 1);
    const auto made = PrivateFolder::Get();
    if (!made.ok()) return 1;
    Fill(*made.value(), "deep/er/x.so", "bytes");
    const pid_t grandchild = ::fork();
    if (grandchild == 0) std::exit(0);
    ::waitpid(grandchild, nullptr, 0);
    if (!fs::exists(made.value()->Path("deep/er/x.so"))) return 2;
    std::exit(0);
  });
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(fs::is_empty(place));
}

// What the loader counts names by goes on in both after fork().
TEST(PrivateFiles, ParentAndChildByForkDoNotMeet) {
  REQUIRE_TMPFS();
  const Workshop workshop;
  const std::string place = workshop.Path("place");
  fs::create_directory(place);
  const int status = InChild([&place] {
    ::setenv("XDG_RUNTIME_DIR", place.c_str(), 1);
    const auto tmpfs = PrivateTmpfs::Get();
    const auto folder = PrivateFolder::Get();
    if (!tmpfs.ok() || !folder.ok()) return 1;
    const pid_t child = ::fork();
    const auto make = [](const PrivateFiles& files) {
      return files.Create("same/name.so").ok();
    };
    if (child == 0) {
      const auto own_tmpfs = PrivateTmpfs::Get();
      const auto own_folder = PrivateFolder::Get();
      if (!own_tmpfs.ok() || !own_folder.ok()) ::_exit(2);
      if (own_tmpfs.value()->Path("") == tmpfs.value()->Path("")) ::_exit(3);
      if (own_folder.value()->Path("") == folder.value()->Path("")) ::_exit(4);
      const bool made = make(*own_tmpfs.value()) && make(*own_folder.value());
      std::exit(made ? 0 : 5);
    }
    int inner = 0;
    ::waitpid(child, &inner, 0);
    if (inner != 0) return 10 + WEXITSTATUS(inner);
    if (!make(*tmpfs.value()) || !make(*folder.value())) return 6;
    std::exit(0);
  });
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(fs::is_empty(place));
}

TEST(PrivateFolder, OfAKilledProcessIsSwept) {
  const Workshop workshop;
  const std::string place = workshop.Path("place");
  fs::create_directory(place);
  fs::create_directory(place + "/inmem-python-other");
  const auto living = PrivateFolder::MakeIn(place);
  ASSERT_TRUE(living.ok());
  const int status = InChild([&place] {
    const auto made = PrivateFolder::MakeIn(place);
    Fill(made.value(), "x/y.so", "bytes");
    ::raise(SIGKILL);
    return 0;
  });
  EXPECT_EQ(status, 1000 + SIGKILL);
  EXPECT_EQ(PrivateFolder::Sweep(place), 1);
  EXPECT_EQ(PrivateFolder::Sweep(place), 0);
  EXPECT_TRUE(fs::exists(living.value().Path("")));
  EXPECT_TRUE(fs::exists(place + "/inmem-python-other"));
}

TEST(PrivateFolder, SaysWhatIsInTheWay) {
  EXPECT_NE(PrivateFolder::Obstacle("/no/such/place"), "");
  // /proc is noexec on most hosts and takes no files anywhere.
  EXPECT_FALSE(PrivateFolder::MakeIn("/proc").ok());
}

TEST(PrivateFolder, TakesTheFirstPlaceThatWillDo) {
  const Workshop workshop;
  const std::string good = workshop.Path("good");
  fs::create_directory(good);
  const int status = InChild([&good] {
    ::setenv("XDG_RUNTIME_DIR", "/no/such/place", 1);
    ::setenv("TMPDIR", good.c_str(), 1);
    const auto made = PrivateFolder::Get();
    if (!made.ok()) return 1;
    const std::string path = made.value()->Path("");
    fs::remove_all(path);
    return path.starts_with(good + "/") ? 0 : 2;
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(PrivateFolder::Places().back(), "/tmp");
}

}  // namespace
}  // namespace inmem::os
