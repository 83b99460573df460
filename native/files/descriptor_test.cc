// native/files/descriptor_test.cc: what open gives is a real descriptor.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "files/test_world.h"

namespace inmem::files {
namespace {

using archive::testing::BuildZip;
using archive::testing::InMemory;
using archive::testing::ZipEntry;
using testing::World;

constexpr int kSealExec = 0x20;  // F_SEAL_EXEC: newer than some headers
constexpr int kSealFutureWrite = 0x10;

class Descriptor {
 public:
  explicit Descriptor(const std::string& path, int flags = O_RDONLY | O_CLOEXEC)
      : fd_(::open(path.c_str(), flags, 0600)) {}
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

TEST_F(World, CannotBeWritten) {
  const Descriptor fd(Virtual("pkg/data/a.txt"));
  ASSERT_GE(fd.get(), 0);
  EXPECT_EQ(::write(fd.get(), "x", 1), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(::ftruncate(fd.get(), 1), -1);
  EXPECT_EQ(::mmap(nullptr, 1, PROT_WRITE, MAP_SHARED, fd.get(), 0),
            MAP_FAILED);
  EXPECT_EQ(errno, EACCES);
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  const int seals = ::fcntl(fd.get(), F_GET_SEALS) & ~kSealExec;
  EXPECT_TRUE(seals == (kSeals | kSealFutureWrite) ||  // before Linux 5.1:
              seals == (kSeals | F_SEAL_WRITE))
      << seals;
}

// Not even by who opens the memory file anew.
TEST_F(World, CannotBeWrittenByAnotherOpening) {
  const Descriptor fd(Virtual("pkg/data/a.txt"));
  ASSERT_EQ(::fchmod(fd.get(), 0666), 0);
  const Descriptor again("/proc/self/fd/" + std::to_string(fd.get()),
                         O_RDWR | O_CLOEXEC);
  ASSERT_GE(again.get(), 0);
  EXPECT_EQ(::write(again.get(), "x", 1), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ftruncate(again.get(), 1), -1);
  EXPECT_EQ(::mmap(nullptr, 1, PROT_WRITE, MAP_SHARED, again.get(), 0),
            MAP_FAILED);
  EXPECT_EQ(errno, EPERM);
}

// A duplicate is in no table of ours: the memory file's own name tells.
TEST_F(World, IsKnownUnderAnyNumber) {
  for (const char* name : {"pkg/data/a.txt", "pkg/data/large.bin", "pkg"}) {
    struct stat expected = {};
    ASSERT_EQ(::stat(Virtual(name).c_str(), &expected), 0);
    const Descriptor fd(Virtual(name));
    const int other = ::dup(fd.get());
    struct stat info = {};
    ASSERT_EQ(::fstat(other, &info), 0) << name;
    EXPECT_EQ(info.st_ino, expected.st_ino) << name;
    EXPECT_EQ(info.st_dev, expected.st_dev) << name;
    EXPECT_EQ(info.st_mode, expected.st_mode) << name;
    ::close(other);
  }
}

// Which process it is must not be kept over a fork.
TEST_F(World, OpensInAChild) {
  const std::string path = Virtual("pkg/data/a.txt");
  const Descriptor before(path);
  const pid_t child = ::fork();
  if (child == 0) {
    std::array<char, 16> text = {};
    const Descriptor fd(path);
    ::_exit(::read(fd.get(), text.data(), text.size()) == 12 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  const Descriptor after(path);
  EXPECT_GE(after.get(), 0);
}

TEST_F(World, MapsAndSends) {
  const std::string path = Virtual("pkg/data/large.bin");
  const Descriptor fd(path);
  constexpr std::size_t kSize = 700'003;
  void* memory = ::mmap(nullptr, kSize, PROT_READ, MAP_SHARED, fd.get(), 0);
  ASSERT_NE(memory, MAP_FAILED);
  EXPECT_EQ(std::memcmp(static_cast<char*>(memory) + 700'000, "end", 3), 0);
  ::munmap(memory, kSize);
  const Descriptor out(folder_ + "/out", O_RDWR | O_CREAT | O_CLOEXEC);
  off_t offset = 0;
  EXPECT_EQ(::sendfile(out.get(), fd.get(), &offset, kSize),
            static_cast<ssize_t>(kSize));
  std::array<char, 4> text = {};
  EXPECT_EQ(::pread(fd.get(), text.data(), 3, 700'000), 3);
  EXPECT_STREQ(text.data(), "end");
}

TEST_F(World, KeepsModeAndTime) {
  ZipEntry plain{.name = "plain", .data = "x"};
  plain.dos_time = 0x5a6b6000;  // 2025-03-11 12:00
  ZipEntry program{.name = "program", .data = "x"};
  program.external_attributes = 0100750u << 16;
  // The extended timestamp: UTC, to the second.
  program.extra = archive::testing::Le16(0x5455) + archive::testing::Le16(5) +
                  '\x03' + archive::testing::Le32(1'700'000'001);
  const std::string point = "/proc/inmem/buffer/modes/app.pyz";
  Mount(point, InMemory(BuildZip({plain, program}), "app.pyz"));
  struct stat info = {};
  ASSERT_EQ(::stat((point + "/plain").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode, static_cast<mode_t>(S_IFREG | 0444));
  std::tm local = {};
  ::localtime_r(&info.st_mtim.tv_sec, &local);
  EXPECT_EQ(local.tm_hour, 12);
  EXPECT_EQ(local.tm_mday, 11);
  EXPECT_EQ(info.st_nlink, 1u);
  EXPECT_EQ(info.st_uid, ::geteuid());
  ASSERT_EQ(::stat((point + "/program").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode, static_cast<mode_t>(S_IFREG | 0554));
  EXPECT_EQ(info.st_mtim.tv_sec, 1'700'000'001);
  const Descriptor fd(point + "/program");
  ASSERT_EQ(::fstat(fd.get(), &info), 0);
  EXPECT_EQ(info.st_mode, static_cast<mode_t>(S_IFREG | 0554));
  EXPECT_EQ(info.st_mtim.tv_sec, 1'700'000'001);
  struct statvfs system = {};
  ASSERT_EQ(::statvfs(point.c_str(), &system), 0);
  EXPECT_NE(system.f_flag & ST_RDONLY, 0u);
  EXPECT_EQ(system.f_namemax, 255u);
}

TEST_F(World, InodesAreUniqueAndStable) {
  std::vector<ino_t> seen;
  struct stat info = {};
  for (const testing::Sample& sample : testing::Samples()) {
    ASSERT_EQ(::lstat(Virtual(sample.name).c_str(), &info), 0) << sample.name;
    seen.push_back(info.st_ino);
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
  tree().Remove(zip_);
  Mount(zip_);
  ino_t again = 0;
  ASSERT_EQ(::lstat(Virtual("pkg/__init__.py").c_str(), &info), 0);
  again = info.st_ino;
  EXPECT_NE(std::find(seen.begin(), seen.end(), again), seen.end());
}

TEST_F(World, DamageIsAnInputOutputError) {
  const std::string point = "/proc/inmem/buffer/damaged/app.pyz";
  ZipEntry bad{.name = "bad", .data = "content"};
  bad.crc = 1;
  ZipEntry large{.name = "large", .data = std::string(800'000, 'x')};
  large.crc = 1;
  Mount(point, InMemory(BuildZip({bad, large, {.name = "good", .data = "x"}}),
                        "app.pyz"));
  struct stat info = {};
  for (const char* name : {"/bad", "/large"}) {
    EXPECT_EQ(::stat((point + name).c_str(), &info), 0);
    EXPECT_EQ(::open((point + name).c_str(), O_RDONLY | O_CLOEXEC), -1);
    EXPECT_EQ(errno, EIO);
    const std::string damage = DamageOf((point + name).c_str());
    EXPECT_EQ(damage.find("ERR_INMEM_BAD_CRC: app.pyz!"), 0u) << damage;
  }
  const Descriptor good(point + "/good");
  EXPECT_GE(good.get(), 0);
}

TEST_F(World, OpenFilesOutliveTheirMount) {
  const Descriptor fd(Virtual("pkg/data/a.txt"));
  tree().Remove(zip_);
  std::array<char, 16> text = {};
  EXPECT_EQ(::read(fd.get(), text.data(), text.size()), 12);
  EXPECT_STREQ(text.data(), "hello, file\n");
  EXPECT_EQ(::open(Virtual("pkg/data/a.txt").c_str(), O_RDONLY | O_CLOEXEC),
            -1);
  EXPECT_EQ(errno, ENOTDIR);
}

TEST_F(World, SurvivesExecWhenAskedTo) {
  const Descriptor kept(Virtual("pkg/data/a.txt"), O_RDONLY);
  const std::string command = "read line <&" + std::to_string(kept.get()) +
                              " && test \"$line\" = "
                              "'hello, file'";
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(World, ReopensAStream) {
  std::FILE* stream = std::fopen(Disk("pkg/__init__.py").c_str(), "re");
  ASSERT_NE(stream, nullptr);
  const int number = ::fileno(stream);
  stream = std::freopen(Virtual("pkg/data/a.txt").c_str(), "re", stream);
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(::fileno(stream), number);
  std::array<char, 32> text = {};
  EXPECT_NE(std::fgets(text.data(), text.size(), stream), nullptr);
  EXPECT_STREQ(text.data(), "hello, file\n");
  std::fclose(stream);
}

TEST_F(World, ManyThreadsAtOnce) {
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const Descriptor fd(Virtual("pkg/data/a.txt"));
        std::array<char, 16> text = {};
        struct stat info = {};
        const bool ok =
            ::read(fd.get(), text.data(), text.size()) == 12 &&
            ::stat(Virtual("pkg/to_data/a.txt").c_str(), &info) == 0;
        if (!ok) ++failures;
      }
    });
  }
  for (int round = 0; round < 200; ++round) {
    const std::string point = "/proc/inmem/buffer/other/app.pyz";
    auto archive = archive::Archive::Open(
        InMemory(BuildZip({{.name = "x", .data = "y"}}), "x"));
    EXPECT_TRUE(tree().Add(point, archive.Take()).ok());
    tree().Remove(point);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace inmem::files
