// native/files/two_sided_test.cc: each question on disk and in the archive.
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "files/test_world.h"

namespace inmem::files {
namespace {

using testing::World;

// What a call came to: text that has no path in it.
using Call = std::function<std::string(const std::string& path)>;

std::string Failed() { return std::string("error ") + std::strerror(errno); }

std::string TextOf(int fd) {
  if (fd < 0) return Failed();
  std::string text;
  std::array<char, 65536> buffer;
  ssize_t count = 0;
  while ((count = ::read(fd, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  std::ostringstream out;
  out << "size " << text.size() << " hash " << std::hash<std::string>{}(text)
      << " flags " << (::fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_PATH))
      << " close " << ::fcntl(fd, F_GETFD);
  ::close(fd);
  return out.str();
}

std::string TextOf(const struct stat& info) {
  std::ostringstream out;
  const mode_t mode = S_ISREG(info.st_mode) ? info.st_mode & 0111 : 0;
  out << "kind " << (info.st_mode & S_IFMT) << " executable " << mode
      << " size " << (S_ISDIR(info.st_mode) ? 0 : info.st_size);
  return out.str();
}

std::string Stat(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 ? TextOf(info) : Failed();
}

std::string Lstat(const std::string& path) {
  struct stat info = {};
  return ::lstat(path.c_str(), &info) == 0 ? TextOf(info) : Failed();
}

std::string Statx(const std::string& path) {
  struct statx info = {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_BASIC_STATS, &info) != 0) {
    return Failed();
  }
  std::ostringstream out;
  out << "kind " << (info.stx_mode & S_IFMT) << " size "
      << (S_ISDIR(info.stx_mode) ? 0 : info.stx_size);
  return out.str();
}

std::string Fstat(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed();
  struct stat info = {};
  struct stat by_path = {};
  const bool ok =
      ::fstat(fd, &info) == 0 && ::stat(path.c_str(), &by_path) == 0;
  ::close(fd);
  if (!ok) return Failed();
  const bool same =
      info.st_dev == by_path.st_dev && info.st_ino == by_path.st_ino &&
      info.st_mode == by_path.st_mode && info.st_nlink == by_path.st_nlink &&
      info.st_size == by_path.st_size &&
      info.st_mtim.tv_sec == by_path.st_mtim.tv_sec;
  return TextOf(info) + (same ? " as by path" : " not as by path");
}

Call Open(int flags) {
  return [flags](const std::string& path) {
    return TextOf(::open(path.c_str(), flags));
  };
}

// As a descriptor alone: a folder or a place cannot be read.
Call OpenPlace(int flags) {
  return [flags](const std::string& path) {
    const int fd = ::open(path.c_str(), flags);
    if (fd < 0) return Failed();
    struct stat info = {};
    const std::string text = ::fstat(fd, &info) == 0 ? TextOf(info) : Failed();
    const int flags_now = ::fcntl(fd, F_GETFL) & (O_ACCMODE | O_PATH);
    ::close(fd);
    return text + " flags " + std::to_string(flags_now);
  };
}

Call Access(int mode) {
  return [mode](const std::string& path) {
    return ::access(path.c_str(), mode) == 0 ? std::string("yes") : Failed();
  };
}

// A folder on disk can be opened as a stream that then cannot be read; ours is
// an empty one (docs/virtual-files.md).
bool IsFolder(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string Fopen(const std::string& path) {
  if (IsFolder(path)) return "folder";
  std::FILE* stream = std::fopen(path.c_str(), "rbe");
  if (stream == nullptr) return Failed();
  std::array<char, 64> text = {};
  if (std::fgets(text.data(), text.size(), stream) == nullptr) text[0] = '\0';
  const bool failed = std::ferror(stream) != 0;
  std::fclose(stream);
  return failed ? "unreadable" : text.data();
}

std::string Stream(const std::string& path) {
  if (IsFolder(path)) return "folder";
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return "closed";
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  return "size " + std::to_string(text.size());
}

std::string List(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return Failed();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    names.push_back(std::string(entry->d_name) + " type " +
                    std::to_string(entry->d_type));
  }
  ::rewinddir(folder);
  std::size_t again = 0;
  while (::readdir(folder) != nullptr) ++again;
  EXPECT_EQ(again, names.size());
  struct stat info = {};
  EXPECT_EQ(::fstat(::dirfd(folder), &info), 0);
  EXPECT_TRUE(S_ISDIR(info.st_mode));
  EXPECT_EQ(::closedir(folder), 0);
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return text;
}

std::string Scan(const std::string& path) {
  dirent** names = nullptr;
  const int count = ::scandir(path.c_str(), &names, nullptr, ::alphasort);
  if (count < 0) return Failed();
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += std::string(names[i]->d_name) + "\n";
    std::free(names[i]);
  }
  std::free(static_cast<void*>(names));
  return text;
}

std::string Glob(const std::string& path) {
  glob_t found = {};
  const int result = ::glob((path + "/*").c_str(), 0, nullptr, &found);
  std::string text = std::to_string(result) + "\n";
  for (std::size_t i = 0; i < found.gl_pathc; ++i) {
    text += std::string(found.gl_pathv[i]).substr(path.size()) + "\n";
  }
  ::globfree(&found);
  return text;
}

std::string ReadLink(const std::string& path) {
  std::array<char, 256> text;
  const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
  return size < 0 ? Failed()
                  : std::string(text.data(), static_cast<std::size_t>(size));
}

std::string ReadLinkShort(const std::string& path) {
  std::array<char, 3> text;
  const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
  return size < 0 ? Failed()
                  : std::string(text.data(), static_cast<std::size_t>(size));
}

// Behind the first component, which differs.
std::string RealPath(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return Failed();
  const std::string text = real;
  std::free(real);
  const std::size_t at = text.rfind("/pkg");
  return at == std::string::npos ? "root" : text.substr(at);
}

std::string Chdir(const std::string& path) {
  if (::chdir(path.c_str()) != 0) return Failed();
  std::array<char, PATH_MAX> cwd;
  if (::getcwd(cwd.data(), cwd.size()) == nullptr) return Failed();
  const std::string text = cwd.data();
  const std::size_t at = text.rfind("/pkg");
  std::string out = at == std::string::npos ? "root " : text.substr(at) + " ";
  out += Stat("a.txt") + " " + Stat("../__init__.py") + " " + Stat("nothing");
  EXPECT_EQ(::chdir("/"), 0);
  return out;
}

std::string Xattr(const std::string& path) {
  const ssize_t size = ::getxattr(path.c_str(), "user.none", nullptr, 0);
  return size < 0 ? Failed() : std::to_string(size);
}

const std::vector<std::pair<const char*, Call>>& Calls() {
  static const auto& calls = *new std::vector<std::pair<const char*, Call>>{
      {"stat", Stat},
      {"lstat", Lstat},
      {"statx", Statx},
      {"fstat", Fstat},
      {"open", Open(O_RDONLY)},
      {"open cloexec", Open(O_RDONLY | O_CLOEXEC)},
      {"open nonblock", Open(O_RDONLY | O_NONBLOCK)},
      {"open nofollow", Open(O_RDONLY | O_NOFOLLOW)},
      {"open folder", OpenPlace(O_RDONLY | O_DIRECTORY)},
      {"open folder nofollow", OpenPlace(O_RDONLY | O_DIRECTORY | O_NOFOLLOW)},
      {"open place", OpenPlace(O_PATH)},
      {"access", Access(F_OK)},
      {"access read", Access(R_OK)},
      {"access execute", Access(X_OK)},
      {"fopen", Fopen},
      {"ifstream", Stream},
      {"opendir", List},
      {"scandir", Scan},
      {"glob", Glob},
      {"readlink", ReadLink},
      {"readlink short", ReadLinkShort},
      {"realpath", RealPath},
      {"chdir", Chdir},
      {"getxattr", Xattr},
  };
  return calls;
}

// Names below the top folder, spelled in every way.
const std::vector<std::string>& Names() {
  static const auto& names = *new std::vector<std::string>{
      "pkg",
      "pkg/",
      "pkg/.",
      "pkg/..",
      "pkg/../pkg",
      "pkg/data",
      "pkg/data/a.txt",
      "pkg/data/a.txt/",
      "pkg/data/a.txt/.",
      "pkg/data/a.txt/..",
      "pkg/data/a.txt/below",
      "pkg//data///a.txt",
      "pkg/./data/./a.txt",
      "pkg/data/../data/a.txt",
      "pkg/nothing/../data/a.txt",
      "pkg/data/empty",
      "pkg/data/large.bin",
      "pkg/tool.sh",
      "pkg/hollow",
      "pkg/hollow/",
      "pkg/nothing",
      "pkg/nothing/",
      "pkg/nothing/below",
      "PKG/data/a.txt",
      "pkg/Data",
      "pkg/to_a",
      "pkg/to_a/",
      "pkg/to_data",
      "pkg/to_data/",
      "pkg/to_data/a.txt",
      "pkg/to_data/../tool.sh",
      "pkg/to_data/up",
      "pkg/data/up",
      "pkg/dangling",
      "pkg/dangling/",
      "pkg/dangling/below",
      "pkg/loop1",
      "pkg/loop1/below",
      "pkg/" + std::string(255, 'n'),
      "pkg/" + std::string(256, 'n'),
      "pkg/" + std::string(256, 'n') + "/below",
      "pkg/" + std::string(5000, 'n'),
      "pkg/" + std::string(2100, '/') + "data/a.txt",
  };
  return names;
}

TEST_F(World, EveryCallOnEveryNameComesToTheSame) {
  int compared = 0;
  for (const std::string& name : Names()) {
    for (const auto& [what, call] : Calls()) {
      const std::string on_disk = call(Disk(name));
      EXPECT_EQ(call(Virtual(name)), on_disk)
          << what << " of " << name.substr(0, 60);
      ++compared;
    }
  }
  EXPECT_EQ(compared, static_cast<int>(Names().size() * Calls().size()));
}

// The bundle itself stays a file; asked for as a folder it is one.
TEST_F(World, TheMountPointIsFileAndFolder) {
  struct stat info = {};
  ASSERT_EQ(::stat(zip_.c_str(), &info), 0);
  EXPECT_TRUE(S_ISREG(info.st_mode));
  const int fd = ::open(zip_.c_str(), O_RDONLY | O_CLOEXEC);
  std::array<char, 2> magic = {};
  EXPECT_EQ(::read(fd, magic.data(), 2), 2);
  EXPECT_EQ(std::string(magic.data(), 2), "PK");
  ::close(fd);

  ASSERT_EQ(::stat((zip_ + "/").c_str(), &info), 0);
  EXPECT_TRUE(S_ISDIR(info.st_mode));
  EXPECT_EQ(List(zip_), ". type 4\n.. type 4\npkg type 4\n");
  EXPECT_EQ(::chdir(zip_.c_str()), 0);
  EXPECT_EQ(Stat("pkg/data/a.txt"), Stat(Disk("pkg/data/a.txt")));
  const int folder = ::open(zip_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(folder, 0);
  EXPECT_EQ(::fstatat(folder, "pkg/data/a.txt", &info, 0), 0);
  EXPECT_EQ(info.st_size, 12);
  ::close(folder);
}

// A caller's memory may have room for the longest name and no byte more: the
// padding of dirent does not count. Source: readdir_r(3).
TEST_F(World, AnEntryFillsNoMoreThanItsName) {
  constexpr std::size_t kRoom = offsetof(dirent, d_name) + NAME_MAX + 1;
  DIR* folder = ::opendir(Virtual("pkg/data").c_str());
  ASSERT_NE(folder, nullptr);
  alignas(dirent) std::array<char, sizeof(dirent) + 8> memory;
  std::vector<std::string> names;
  while (true) {
    memory.fill('#');
    auto* entry = reinterpret_cast<dirent*>(memory.data());
    dirent* result = nullptr;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    ASSERT_EQ(::readdir_r(folder, entry, &result), 0);
#pragma GCC diagnostic pop
    if (result == nullptr) break;
    ASSERT_EQ(result, entry);
    names.emplace_back(entry->d_name);
    EXPECT_EQ(std::count(memory.begin() + kRoom, memory.end(), '#'),
              static_cast<std::ptrdiff_t>(memory.size() - kRoom));
  }
  ::closedir(folder);
  EXPECT_EQ(names, (std::vector<std::string>{".", "..", "a.txt", "empty",
                                             "large.bin", "up"}));
}

}  // namespace
}  // namespace inmem::files
