// test/files/native.cc: data files by the C library and the C++ runtime, as code of wheels opens them.
//
// facts(path) writes one line for each way into `path`; compiled into a shared
// object of a bundle, with the host's libstdc++ and with one of its own.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

// What objects built for glibc before 2.33 refer to.
extern "C" {
int old_xstat(int, const char*, struct stat*);
int old_lxstat(int, const char*, struct stat*);
int old_fxstat(int, int, struct stat*);
__asm__(".symver old_xstat, __xstat@GLIBC_2.2.5");
__asm__(".symver old_lxstat, __lxstat@GLIBC_2.2.5");
__asm__(".symver old_fxstat, __fxstat@GLIBC_2.2.5");
}

namespace {

std::string folder;  // taken out of what is told

void Tell(std::ostringstream& out, const char* what, bool ok, std::string value) {
  std::string text = ok ? std::move(value) : std::strerror(errno);
  for (std::size_t at; (at = text.find(folder)) != std::string::npos;) {
    text.replace(at, folder.size(), "HERE");
  }
  out << what << ": " << text << "\n";
}

std::string ByDescriptor(int fd) {
  char text[8] = {};
  const ssize_t count = read(fd, text, 5);
  struct stat info = {}, old = {};
  const bool same = fstat(fd, &info) == 0 && old_fxstat(1, fd, &old) == 0 && info.st_ino == old.st_ino;
  void* memory = mmap(nullptr, 5, PROT_READ, MAP_PRIVATE, fd, 0);
  const bool mapped = memory != MAP_FAILED && std::memcmp(memory, text, 5) == 0;
  if (memory != MAP_FAILED) munmap(memory, 5);
  close(fd);
  return std::string(text, count < 0 ? 0 : count) + (same ? " same" : " other") + (mapped ? " mapped" : " not mapped");
}

std::string Names(DIR* stream) {
  int files = 0, folders = 0, links = 0;
  while (const dirent* entry = readdir(stream)) {
    files += entry->d_type == DT_REG;
    folders += entry->d_type == DT_DIR;
    links += entry->d_type == DT_LNK;
  }
  closedir(stream);
  std::ostringstream out;
  out << files << " files " << folders << " folders " << links << " links";
  return out.str();
}

// The call comes before its outcome is read.
#define TELL(what, call, value)               \
  do {                                        \
    const bool ok = (call);                   \
    Tell(out, what, ok, ok ? std::string(value) : "");   \
  } while (false)

}  // namespace

extern "C" const char* facts(const char* root) {
  static std::string text;
  std::ostringstream out;
  folder = root;
  const std::string file = folder + "/data/a.txt", data = folder + "/data";
  struct stat info = {};

  int fd = open(file.c_str(), O_RDONLY);
  TELL("open", fd >= 0, fd >= 0 ? ByDescriptor(fd) : "");
  fd = open64(file.c_str(), O_RDONLY | O_CLOEXEC);
  TELL("open64", fd >= 0, fd >= 0 ? ByDescriptor(fd) : "");
  const int at = open(data.c_str(), O_RDONLY | O_DIRECTORY);
  fd = openat(at, "a.txt", O_RDONLY);
  TELL("openat", fd >= 0, fd >= 0 ? ByDescriptor(fd) : "");
  TELL("fstatat", fstatat(at, "deep", &info, 0) == 0, std::to_string(S_ISDIR(info.st_mode)));
  close(at);
  FILE* stream = fopen(file.c_str(), "r");
  char line[64] = {};
  TELL("fopen", stream != nullptr && fgets(line, sizeof line, stream) != nullptr, line);
  if (stream != nullptr) fclose(stream);
  {
    std::ifstream in(file);
    std::string first;
    std::getline(in, first);
    TELL("ifstream", true, in ? first : "not open");
    std::ifstream absent(data + "/nothing");
    TELL("ifstream of nothing", true, absent ? "open" : "not open");
    std::ifstream whole(data + "/large.bin", std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(whole), {});
    TELL("ifstream of much", true, std::to_string(bytes.size()));
    std::ofstream writing(folder + "/data/new-file");
    TELL("ofstream", true, writing ? "open" : "not open");
    std::remove((folder + "/data/new-file").c_str());
  }
  TELL("stat", stat(file.c_str(), &info) == 0, std::to_string(info.st_size));
  TELL("__xstat", old_xstat(1, file.c_str(), &info) == 0, std::to_string(info.st_mtime));
  TELL("__lxstat", old_lxstat(1, (data + "/link.txt").c_str(), &info) == 0, std::to_string(S_ISLNK(info.st_mode)));
  struct statx more = {};
  TELL("statx", statx(AT_FDCWD, file.c_str(), 0, STATX_SIZE, &more) == 0, std::to_string(more.stx_size));
  TELL("access", access(file.c_str(), R_OK) == 0, "yes");
  TELL("access of nothing", access((data + "/nothing").c_str(), R_OK) == 0, "yes");
  struct statvfs system = {};
  TELL("statvfs", statvfs(file.c_str(), &system) == 0, std::to_string(system.f_namemax));
  DIR* listing = opendir(data.c_str());
  TELL("opendir", listing != nullptr, listing != nullptr ? Names(listing) : "");
  dirent** names = nullptr;
  const int count = scandir(data.c_str(), &names, nullptr, alphasort);
  TELL("scandir", count >= 0, std::to_string(count));
  for (int i = 0; i < count; ++i) free(names[i]);
  free(names);
  glob_t found = {};
  TELL("glob", glob((data + "/*.txt").c_str(), 0, nullptr, &found) == 0, std::to_string(found.gl_pathc));
  globfree(&found);
  char* real = realpath((data + "/deep/../link.txt").c_str(), nullptr);
  TELL("realpath", real != nullptr, real != nullptr ? real : "");
  free(real);
  char link[PATH_MAX] = {};
  TELL("readlink", readlink((data + "/link.txt").c_str(), link, sizeof link) > 0, link);
  {
    std::error_code error;
    std::size_t entries = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data, error)) {
      entries += entry.is_regular_file();
    }
    TELL("filesystem", true, std::to_string(entries) + " " + (error ? error.message() : "ok"));
    TELL("file_size", true, std::to_string(std::filesystem::file_size(file, error)));
    TELL("canonical", true, std::filesystem::canonical(data + "/deep/..", error).string());
  }
  std::string threaded;
  std::thread([&] {
    std::ifstream in(file);
    std::getline(in, threaded);
  }).join();
  TELL("another thread", true, threaded);
  void* handle = dlopen((folder + "/libplugin.so").c_str(), RTLD_NOW);
  TELL("dlopen", true, handle != nullptr ? "loaded" : dlerror());
  text = out.str();
  return text.c_str();
}
