// native/files/spawn_test.cc: posix_spawn's file actions on virtual paths.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "files/test_world.h"

namespace inmem::files {
namespace {

using testing::World;

class Actions {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_ = {};
};

// What the shell's command writes to a pipe; "" where the actions do without.
std::string OutputOf(const char* command, Actions& actions,
                     bool to_pipe = true) {
  std::array<int, 2> pipe = {};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return "no pipe";
  if (to_pipe) {
    ::posix_spawn_file_actions_adddup2(actions.get(), pipe[1], STDOUT_FILENO);
  }
  std::array<const char*, 4> words = {"sh", "-c", command, nullptr};
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, "/bin/sh", actions.get(), nullptr,
                    const_cast<char* const*>(words.data()), environ);
  ::close(pipe[1]);
  if (error != 0) return "error " + std::to_string(error);
  std::string output;
  std::array<char, 256> text;
  ssize_t size = 0;
  while ((size = ::read(pipe[0], text.data(), text.size())) > 0) {
    output.append(text.data(), static_cast<std::size_t>(size));
  }
  ::close(pipe[0]);
  ::waitpid(child, nullptr, 0);
  return output;
}

int OpenDescriptors() {
  int count = 0;
  for (int fd = 0; fd < 256; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) ++count;
  }
  return count;
}

TEST_F(World, SpawnOpensFilesInTheChild) {
  const int before = OpenDescriptors();
  const std::string out = folder_ + "/spawned";
  {
    Actions actions;
    const auto add = [&](int fd, const std::string& path, int flags) {
      return ::posix_spawn_file_actions_addopen(actions.get(), fd, path.c_str(),
                                                flags, 0600);
    };
    ASSERT_EQ(add(STDOUT_FILENO, out, O_WRONLY | O_CREAT), 0);
    // An earlier action may close what is open in the parent.
    for (int fd = 3; fd < 64; ++fd) {
      ::posix_spawn_file_actions_addclose(actions.get(), fd);
    }
    ASSERT_EQ(add(STDIN_FILENO, Virtual("pkg/data/a.txt"), O_RDONLY), 0);
    ASSERT_EQ(
        add(7, Virtual("pkg/to_data/../__init__.py"), O_RDONLY | O_NOFOLLOW),
        0);
    EXPECT_EQ(OutputOf("cat; cat <&7", actions, false), "");
  }
  EXPECT_EQ(OpenDescriptors(), before);
  std::array<char, 64> text = {};
  const int fd = ::open(out.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_GT(::read(fd, text.data(), text.size() - 1), 0);
  ::close(fd);
  EXPECT_STREQ(text.data(), "hello, file\nvalue = 1\n");
}

TEST_F(World, SpawnReadsFromTheStartEachTime) {
  Actions actions;
  ASSERT_EQ(::posix_spawn_file_actions_addopen(
                actions.get(), STDIN_FILENO, Virtual("pkg/data/a.txt").c_str(),
                O_RDONLY, 0),
            0);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(OutputOf("cat", actions), "hello, file\n");
  }
}

TEST_F(World, SpawnOpensFromWhereItWasLed) {
  const auto read_in = [&](const auto& lead, const char* name) {
    Actions actions;
    lead(actions.get());
    EXPECT_EQ(::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO,
                                                 name, O_RDONLY, 0),
              0);
    return OutputOf("cat; pwd", actions);
  };
  const auto chdir = [](const std::string& path) {
    return [path](posix_spawn_file_actions_t* actions) {
      EXPECT_EQ(::posix_spawn_file_actions_addchdir_np(actions, path.c_str()),
                0);
    };
  };
  const std::string text = "hello, file\n";
  const std::string here = folder_ + "\n";
  // The process itself stands where the names mean something else.
  ASSERT_EQ(::chdir(Virtual("pkg").c_str()), 0);
  EXPECT_EQ(read_in(chdir(folder_), "app.pyz/pkg/data/a.txt"), text + here);
  EXPECT_EQ(read_in(chdir(folder_), "disk/pkg/data/a.txt"), text + here);
  EXPECT_EQ(read_in(chdir(Virtual("pkg/data")), "a.txt"), text + here);
  EXPECT_EQ(read_in(chdir(Disk("pkg/data")), "a.txt"),
            text + Disk("pkg/data") + "\n");
  EXPECT_EQ(read_in(
                [&](posix_spawn_file_actions_t* actions) {
                  chdir(folder_)(actions);
                  chdir("app.pyz/pkg")(actions);
                  chdir("../pkg/data")(actions);
                },
                "a.txt"),
            text + here);
  for (const std::string& path : {Virtual("pkg/data"), Disk("pkg/data")}) {
    const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::string output = read_in(
        [&](posix_spawn_file_actions_t* actions) {
          EXPECT_EQ(::posix_spawn_file_actions_addfchdir_np(actions, folder),
                    0);
        },
        "a.txt");
    EXPECT_TRUE(output.starts_with(text)) << output;
    ::close(folder);
  }
  Actions actions;
  EXPECT_EQ(::posix_spawn_file_actions_addchdir_np(
                actions.get(), Virtual("pkg/missing").c_str()),
            ENOENT);
  EXPECT_EQ(::posix_spawn_file_actions_addchdir_np(
                actions.get(), Virtual("pkg/tool.sh").c_str()),
            ENOTDIR);
}

TEST_F(World, SpawnSaysWhatOpenSays) {
  Actions actions;
  const auto add = [&](const std::string& path, int flags) {
    return ::posix_spawn_file_actions_addopen(actions.get(), 0, path.c_str(),
                                              flags, 0600);
  };
  EXPECT_EQ(add(Virtual("pkg/missing"), O_RDONLY), ENOENT);
  EXPECT_EQ(add(Virtual("pkg/data/a.txt/x"), O_RDONLY), ENOTDIR);
  EXPECT_EQ(add(Virtual("pkg/data/a.txt"), O_WRONLY), EROFS);
  EXPECT_EQ(add(Virtual("pkg/new"), O_WRONLY | O_CREAT), EROFS);
  // The kernel's own are tried in the child, as ever.
  EXPECT_EQ(add("/nowhere/at/all", O_RDONLY), 0);
  EXPECT_EQ(OutputOf("cat", actions), "error " + std::to_string(ENOENT));
}

}  // namespace
}  // namespace inmem::files
