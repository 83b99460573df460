// native/interpreter/virtual_program.cc: a program inside a bundle, for exec.
#include "interpreter/virtual_program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "archive/archive.h"
#include "base/status.h"
#include "elf/elf_file.h"
#include "files/files.h"
#include "interpreter/inheritance.h"
#include "interpreter/python_thread.h"
#include "os/fork_mutex.h"
#include "os/mapping.h"
#include "vfs/tree.h"

namespace inmem::interpreter {
namespace {

constexpr std::string_view kOrigin = "$ORIGIN";

std::string ReadStart(int fd) {
  std::array<char, 256> start = {};
  const ssize_t size = pread(fd, start.data(), start.size(), 0);
  return {start.data(), static_cast<std::size_t>(size < 0 ? 0 : size)};
}

// The word at the start of `text`, which is taken off with the blanks around.
std::string TakeWord(std::string_view* text) {
  constexpr std::string_view kBlanks = " \t";
  text->remove_prefix(std::min(text->find_first_not_of(kBlanks), text->size()));
  std::string word(text->substr(0, text->find_first_of(kBlanks)));
  text->remove_prefix(word.size());
  text->remove_prefix(std::min(text->find_first_not_of(kBlanks), text->size()));
  return word;
}

std::string BaseName(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// "#!python" is what wheels have for the interpreter that they are installed
// for; this is that one.
bool IsPython(const std::string& interpreter) {
  return BaseName(interpreter).starts_with("python");
}

std::string FolderOf(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

// Whether one of the folders of a DT_RPATH or DT_RUNPATH that begin with
// $ORIGIN has the library.
bool HasBeside(std::string_view folders, const std::string& origin,
               std::string_view library) {
  while (!folders.empty()) {
    const std::string_view folder = folders.substr(0, folders.find(':'));
    folders.remove_prefix(std::min(folder.size() + 1, folders.size()));
    if (!folder.starts_with(kOrigin)) continue;
    std::string path = origin;
    path.append(folder.substr(kOrigin.size())).append("/").append(library);
    if (access(path.c_str(), F_OK) == 0) return true;
  }
  return false;
}

}  // namespace

VirtualProgram::VirtualProgram(Call call, const char* path, char* const* argv)
    : call_(call) {
  if (path == nullptr || argv == nullptr) return;
  if (errno != ENOTDIR && errno != ENOENT) return;
  const int kernels = errno;
  if (!Open(path)) {
    if (errno == 0) errno = kernels;
    return;
  }
  found_ = true;
  for (std::string& word : words_) argv_.push_back(word.data());
  // The name that the program is called by is the interpreter's no more.
  if (!words_.empty() && *argv != nullptr) ++argv;
  while (*argv != nullptr) argv_.push_back(*argv++);
  argv_.push_back(nullptr);
}

VirtualProgram::~VirtualProgram() {
  const int error = errno;
  if (fd_ >= 0) close(fd_);
  errno = error;
}

// open() knows virtual paths. What the kernel has found missing is one, or is
// missing here too, or is a file of the disk that needs what is not there: an
// interpreter, a dynamic linker. The kernel's word on that one stands.
bool VirtualProgram::Open(const char* path) {
  fd_ = open(path, O_RDONLY | O_CLOEXEC);
  if (fd_ < 0 && errno == EIO && call_ == Call::kExec) {
    ReopenBundles();
    fd_ = open(path, O_RDONLY | O_CLOEXEC);
  }
  if (fd_ < 0) return false;
  struct stat status = {};
  if (fstat(fd_, &status) != 0) return false;
  const auto location = files::LocateFile(path);
  if (S_ISREG(status.st_mode) && !location) {
    errno = 0;
    return false;
  }
  if (!S_ISREG(status.st_mode) || (status.st_mode & 0111) == 0) {
    errno = EACCES;
    return false;
  }
  path_ = DescriptorPath(fd_);
  if (ReadStart(fd_).starts_with("#!")) return ReadScript(path, *location);
  if (!NeedsItsBundle(path)) return true;
  errno = ELIBACC;
  return false;
}

bool VirtualProgram::ReadScript(const std::string& path,
                                const vfs::Location& location) {
  const std::string start = ReadStart(fd_);
  std::string_view line = std::string_view(start).substr(2);
  line = line.substr(0, line.find_first_of("\r\n"));
  std::string interpreter = TakeWord(&line);
  if (BaseName(interpreter) == "env" && line.starts_with("python")) {
    interpreter = TakeWord(&line);
  }
  if (!IsPython(interpreter)) return KeepOpen(location);
  path_ = LauncherPath();
  words_.push_back(path_);
  if (!line.empty()) words_.emplace_back(line);  // one word, as the kernel's
  words_.push_back(path);
  return true;
}

// The interpreter opens the script by the path that it is given, after exec. In
// another process that is this one's: it is open as long as this one lives,
// once for all archives of equal content.
bool VirtualProgram::KeepOpen(const vfs::Location& location) {
  if (call_ == Call::kExec) return fcntl(fd_, F_SETFD, 0) == 0;
  // With the check's word on it: directories of forged contents are equal.
  using Script = std::tuple<std::uint64_t, std::string, std::string>;
  static auto& mutex = *new os::ForkMutex;
  static auto& open_scripts = *new std::map<Script, int>;
  const std::lock_guard lock(mutex);
  const archive::Archive& archive = location.mount->archive();
  const auto index = location.mount->FindFile(location.name);
  const auto [script, is_new] = open_scripts.emplace(
      Script(archive.fingerprint(), location.name,
             index ? archive.content_identity(*index) : std::string_view()),
      fd_);
  if (is_new) fd_ = -1;
  path_ = DescriptorPath(script->second);
  return true;
}

std::string VirtualProgram::DescriptorPath(int fd) const {
  const std::string process =
      call_ == Call::kExec ? "self" : std::to_string(getpid());
  return "/proc/" + process + "/fd/" + std::to_string(fd);
}

bool VirtualProgram::NeedsItsBundle(const std::string& path) const {
  struct stat status = {};
  if (fstat(fd_, &status) != 0) return false;
  auto view = os::FileView::Map(
      fd_, 0, static_cast<std::uint64_t>(status.st_size), path);
  if (!view.ok()) return false;
  const auto elf = elf::ElfFile::Parse(view.value().bytes(), path);
  if (!elf.ok()) return false;  // the kernel says what is wrong, if it is
  const std::string_view folders =
      elf.value().runpath().value_or(elf.value().rpath().value_or(""));
  for (const elf::Need& need : elf.value().needs()) {
    if (!HasBeside(folders, FolderOf(path), need.name)) continue;
    const std::string text =
        "inmem-python: " + std::string(ErrorName(ErrorCode::kMissingLibrary)) +
        ": " + path + ": needs " + std::string(need.name) +
        ", which lies in its bundle, and a program that runs from memory finds "
        "nothing beside itself (expected one without libraries of its own: "
        "extract it, and start the file)\n";
    (void)!write(STDERR_FILENO, text.data(), text.size());
    return true;
  }
  return false;
}

}  // namespace inmem::interpreter
