// native/os/private_folder.cc: a temporary folder on disk.
#include "os/private_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>

#include "os/errno_text.h"

namespace inmem::os {
namespace {

// Nobody else calls a folder so: what bears the name is swept.
constexpr std::string_view kPrefix = "inmem-python-extract-";

UniqueFd OpenFolder(const std::string& path) {
  return UniqueFd(
      ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Whether the lock was free, which says that no living process owns the folder.
// A file system without locks never says so: nothing is swept there.
bool Lock(const UniqueFd& folder) {
  return ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0;
}

void RemoveTree(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

// Removed at exit by the process that made it: os.fork()'s children run exit()
// too. Never freed: exit() runs it after static destructors may have begun.
struct AtExit {
  std::string path;
  pid_t owner = 0;
};

AtExit& Remembered() {
  static auto& remembered = *new AtExit;
  return remembered;
}

void RemoveAtExit(const std::string& path) {
  Remembered() = {path, ::getpid()};
  // Once: a child by fork() inherits the function.
  static const int registered = std::atexit([] {
    if (Remembered().owner == ::getpid()) RemoveTree(Remembered().path);
  });
  (void)registered;
}

bool IsAbandoned(const std::string& path) {
  const UniqueFd folder = OpenFolder(path);
  struct stat info = {};
  if (!folder.valid() || ::fstat(folder.get(), &info) != 0) return false;
  // Another user's is not ours to judge.
  return info.st_uid == ::geteuid() && Lock(folder);
}

}  // namespace

PrivateFolder::PrivateFolder(UniqueFd folder, std::string path)
    : PrivateFiles(std::move(folder), std::move(path),
                   "the private temporary folder") {}

std::vector<std::string> PrivateFolder::Places() {
  std::vector<std::string> places;
  const auto add = [&places](const char* place) {
    // A relative path would follow the process's working directory.
    if (place == nullptr || place[0] != '/') return;
    if (std::find(places.begin(), places.end(), place) == places.end()) {
      places.emplace_back(place);
    }
  };
  add(std::getenv("XDG_RUNTIME_DIR"));
  add(std::getenv("TMPDIR"));
  add("/tmp");
  return places;
}

std::string PrivateFolder::Obstacle(const std::string& place) {
  struct statvfs info = {};
  if (::statvfs(place.c_str(), &info) != 0) return ErrnoText(errno);
  if ((info.f_flag & ST_RDONLY) != 0) return "mounted read-only";
  if ((info.f_flag & ST_NOEXEC) != 0) {
    return "mounted noexec: code cannot be mapped from there";
  }
  if (::access(place.c_str(), W_OK | X_OK) != 0) return ErrnoText(errno);
  return "";
}

int PrivateFolder::Sweep(const std::string& place) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(place.c_str()),
                                                   ::closedir);
  if (folder == nullptr) return 0;
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name.starts_with(kPrefix)) names.emplace_back(name);
  }
  int swept = 0;
  for (const std::string& name : names) {
    const std::string path = (place + '/').append(name);
    if (!IsAbandoned(path)) continue;
    RemoveTree(path);
    ++swept;
  }
  return swept;
}

Result<PrivateFolder> PrivateFolder::MakeIn(const std::string& place) {
  const auto refused = [&place](const std::string& why) {
    return Status(ErrorCode::kLoadFailed, place + ": " + why);
  };
  if (const std::string obstacle = Obstacle(place); !obstacle.empty()) {
    return refused(obstacle);
  }
  // Between mkdtemp and the lock another process may sweep it away: again.
  for (int attempts = 0; attempts < 10; ++attempts) {
    // The process id is for people who look into the folder.
    std::string path = place + '/';
    path.append(kPrefix).append(std::to_string(::getpid())).append("-XXXXXX");
    if (::mkdtemp(path.data()) == nullptr) return refused(ErrnoText(errno));
    UniqueFd folder = OpenFolder(path);
    if (!folder.valid() && errno == ENOENT) continue;
    if (!folder.valid()) return refused(ErrnoText(errno));
    const bool locked = Lock(folder);
    const bool swept = !locked && errno == EWOULDBLOCK;
    struct stat info = {};
    if (swept || ::fstat(folder.get(), &info) != 0 || info.st_nlink == 0) {
      continue;
    }
    return PrivateFolder(std::move(folder), std::move(path));
  }
  return refused("each new folder was removed by somebody");
}

Result<const PrivateFolder*> PrivateFolder::Get() {
  static std::mutex mutex;
  static auto& made = *new std::list<PrivateFolder>;
  static pid_t owner = 0;
  const std::lock_guard lock(mutex);
  // After fork() the parent's goes with the parent, and both would make files
  // of the same names in it.
  if (owner == ::getpid()) return &made.back();
  std::string refusals;
  for (const std::string& place : Places()) {
    Sweep(place);
    Result<PrivateFolder> folder = MakeIn(place);
    if (folder.ok()) {
      made.push_back(folder.Take());
      owner = ::getpid();
      RemoveAtExit(made.back().Path(""));
      return &made.back();
    }
    refusals.append("; ").append(folder.status().message());
  }
  return Status(ErrorCode::kLoadFailed,
                "no folder to extract shared objects into" + refusals +
                    " (expected one of $XDG_RUNTIME_DIR, $TMPDIR and /tmp "
                    "that is writable and not mounted noexec)");
}

}  // namespace inmem::os
