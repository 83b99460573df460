// native/files/change_test.cc: what would change the tree, and its errno.
//
// The other side is a read-only mount of the same tree where this process may
// make one; the table stands either way.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "files/test_world.h"

namespace inmem::files {
namespace {

using testing::World;

struct Change {
  const char* what;
  std::function<int(const char* path)> call;
  int on_file;
  int on_folder;
  int on_new;      // in a folder that is there
  int on_missing;  // in one that is not
  // The kernel refuses before it looks for what it would remove; we say that it
  // is not there (wrap_change.cc).
  bool removes = false;
};

const std::vector<Change>& Changes() {
  static const timeval times[2] = {};
  static const auto& changes = *new std::vector<Change>{
      {"open for writing", [](const char* p) { return ::open(p, O_WRONLY); },
       EROFS, EISDIR, ENOENT, ENOENT},
      {"open for both", [](const char* p) { return ::open(p, O_RDWR); }, EROFS,
       EISDIR, ENOENT, ENOENT},
      {"truncating open",
       [](const char* p) { return ::open(p, O_RDONLY | O_TRUNC); }, EROFS,
       EISDIR, ENOENT, ENOENT},
      {"creating open",
       [](const char* p) { return ::open(p, O_WRONLY | O_CREAT, 0666); }, EROFS,
       EISDIR, EROFS, ENOENT},
      {"exclusive open",
       [](const char* p) {
         return ::open(p, O_WRONLY | O_CREAT | O_EXCL, 0666);
       },
       EEXIST, EEXIST, EROFS, ENOENT},
      {"nameless file",
       [](const char* p) { return ::open(p, O_WRONLY | O_TMPFILE, 0666); },
       ENOTDIR, EROFS, ENOENT, ENOENT},
      {"creat", [](const char* p) { return ::creat(p, 0666); }, EROFS, EISDIR,
       EROFS, ENOENT},
      {"fopen w",
       [](const char* p) { return std::fopen(p, "w") == nullptr ? -1 : 0; },
       EROFS, EISDIR, EROFS, ENOENT},
      {"fopen r+",
       [](const char* p) { return std::fopen(p, "r+") == nullptr ? -1 : 0; },
       EROFS, EISDIR, ENOENT, ENOENT},
      {"fopen ax",
       [](const char* p) { return std::fopen(p, "wx") == nullptr ? -1 : 0; },
       EEXIST, EEXIST, EROFS, ENOENT},
      {"access for writing", [](const char* p) { return ::access(p, W_OK); },
       EROFS, EROFS, ENOENT, ENOENT},
      {"unlink", [](const char* p) { return ::unlink(p); }, EROFS, EROFS,
       ENOENT, ENOENT, true},
      {"rmdir", [](const char* p) { return ::rmdir(p); }, EROFS, EROFS, ENOENT,
       ENOENT, true},
      {"remove", [](const char* p) { return std::remove(p); }, EROFS, EROFS,
       ENOENT, ENOENT, true},
      {"mkdir", [](const char* p) { return ::mkdir(p, 0777); }, EEXIST, EEXIST,
       EROFS, ENOENT},
      {"mkfifo", [](const char* p) { return ::mkfifo(p, 0666); }, EEXIST,
       EEXIST, EROFS, ENOENT},
      {"mknod", [](const char* p) { return ::mknod(p, S_IFREG | 0666, 0); },
       EEXIST, EEXIST, EROFS, ENOENT},
      {"symlink", [](const char* p) { return ::symlink("x", p); }, EEXIST,
       EEXIST, EROFS, ENOENT},
      {"chmod", [](const char* p) { return ::chmod(p, 0777); }, EROFS, EROFS,
       ENOENT, ENOENT},
      {"chown", [](const char* p) { return ::chown(p, 0, 0); }, EROFS, EROFS,
       ENOENT, ENOENT},
      {"utime", [](const char* p) { return ::utime(p, nullptr); }, EROFS, EROFS,
       ENOENT, ENOENT},
      {"utimes", [](const char* p) { return ::utimes(p, times); }, EROFS, EROFS,
       ENOENT, ENOENT},
      {"utimensat",
       [](const char* p) { return ::utimensat(AT_FDCWD, p, nullptr, 0); },
       EROFS, EROFS, ENOENT, ENOENT},
      {"truncate", [](const char* p) { return ::truncate(p, 0); }, EROFS,
       EISDIR, ENOENT, ENOENT},
      {"setxattr",
       [](const char* p) { return ::setxattr(p, "user.x", "y", 1, 0); }, EROFS,
       EROFS, ENOENT, ENOENT},
      {"rename of what is not there to it",
       [](const char* p) {
         return ::rename((std::string(p) + "~").c_str(), p);
       },
       ENOENT, ENOENT, ENOENT, ENOENT, true},
      {"rename in it",
       [](const char* p) {
         return ::rename(p, (std::string(p) + "~").c_str());
       },
       EROFS, EROFS, ENOENT, ENOENT, true},
      {"rename away", [](const char* p) { return ::rename(p, "/away"); }, EXDEV,
       EXDEV, EXDEV, ENOENT},
  };
  return changes;
}

std::string Outcome(const std::function<int(const char*)>& call,
                    const std::string& path) {
  errno = 0;
  return call(path.c_str()) == -1 ? std::strerror(errno) : "done";
}

TEST_F(World, EveryChangeIsRefused) {
  for (const Change& change : Changes()) {
    const auto expect = [&](const char* name, int error) {
      EXPECT_EQ(Outcome(change.call, Virtual(name)), std::strerror(error))
          << change.what << " of " << name;
    };
    expect("pkg/data/a.txt", change.on_file);
    expect("pkg/data", change.on_folder);
    expect("pkg/data/new", change.on_new);
    expect("pkg/nothing/new", change.on_missing);
    expect("pkg/data/a.txt/new", ENOTDIR);
  }
}

// The same table on the kernel's own read-only file system.
TEST_F(World, TheKernelSaysTheSame) {
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string disk = Disk("");
    const bool mounted =
        (::unshare(CLONE_NEWNS) == 0 ||
         ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        ::mount(disk.c_str(), disk.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
        ::mount(nullptr, disk.c_str(), nullptr,
                MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
    if (!mounted) ::_exit(77);
    int differ = 0;
    for (const Change& change : Changes()) {
      for (const char* name :
           {"pkg/data/a.txt", "pkg/data", "pkg/data/new", "pkg/nothing/new",
            "pkg/data/a.txt/new", "pkg/to_a", "pkg/data/.", "pkg/data/..",
            "pkg/dangling", "pkg/new/", "pkg/loop1/x"}) {
        const std::string ours = Outcome(change.call, Virtual(name));
        const std::string kernel = Outcome(change.call, Disk(name));
        if (ours == kernel) continue;
        if (change.removes && ours == std::strerror(ENOENT)) continue;
        ++differ;
        std::fprintf(stderr, "%s of %s: %s (the kernel: %s)\n", change.what,
                     name, ours.c_str(), kernel.c_str());
      }
    }
    ::_exit(differ == 0 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    // A read-only mount is what the kernel is asked about, and this host grants
    // none, not even in a user namespace (Docker's default profile).
    GTEST_SKIP() << "this process may not mount";
  }
  EXPECT_EQ(status, 0);
}

TEST_F(World, BetweenTheArchiveAndTheDisk) {
  const std::string file = Virtual("pkg/data/a.txt");
  const std::string fresh = folder_ + "/fresh";
  EXPECT_EQ(::link(file.c_str(), fresh.c_str()), -1);
  EXPECT_EQ(errno, EXDEV);
  EXPECT_EQ(::link(Disk("pkg/tool.sh").c_str(), file.c_str()), -1);
  EXPECT_EQ(errno, EEXIST);
  EXPECT_EQ(::rename(Disk("pkg/tool.sh").c_str(), (file + "2").c_str()), -1);
  EXPECT_EQ(errno, EXDEV);
  // The disk's own stay the kernel's.
  EXPECT_EQ(::rename(Disk("pkg/tool.sh").c_str(), fresh.c_str()), 0);
  EXPECT_EQ(::link(fresh.c_str(), (fresh + "2").c_str()), 0);
  EXPECT_EQ(::symlink(file.c_str(), (fresh + "3").c_str()), 0);
  EXPECT_EQ(::unlink((fresh + "3").c_str()), 0);
  EXPECT_EQ(::chmod(fresh.c_str(), 0600), 0);
  EXPECT_EQ(::truncate(fresh.c_str(), 1), 0);
  EXPECT_EQ(::mkdir((fresh + "4").c_str(), 0700), 0);
}

}  // namespace
}  // namespace inmem::files
