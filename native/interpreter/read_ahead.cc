// native/interpreter/read_ahead.cc: the first bundle's index, read while Python
// starts.
#include "interpreter/read_ahead.h"

#include <sys/stat.h>

#include <atomic>
#include <future>
#include <mutex>
#include <system_error>
#include <utility>

namespace inmem::interpreter {
namespace {

struct Opened {
  os::FileIdentity identity;
  std::shared_ptr<const archive::Archive> archive;  // null: it failed
};

struct ReadAhead {
  std::atomic<bool> begun = false;
  std::mutex mutex;  // of what stands below
  std::string path;
  std::future<Opened> opened;
};

ReadAhead& TheReadAhead() {
  static auto* ahead = new ReadAhead();
  return *ahead;
}

Opened OpenArchive(const std::string& path) {
  Opened opened;
  auto source = os::OpenFileSource(path, &opened.identity);
  if (!source.ok()) return {};
  auto archive = archive::Archive::Open(source.Take());
  if (!archive.ok()) return {};
  opened.archive = archive.Take();
  return opened;
}

}  // namespace

bool IsLargeFile(const std::string& path) {
  struct stat status = {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::size_t>(status.st_size) >= kLargeBundleBytes;
}

void BeginReadAhead(const std::string& path) {
  ReadAhead& ahead = TheReadAhead();
  // Asked first: whoever holds the lock may be waiting for the index, and
  // JavaScript's thread, which comes here with each run, never waits for that.
  if (ahead.begun.exchange(true) || !IsLargeFile(path)) return;
  const std::lock_guard lock(ahead.mutex);
  try {
    ahead.opened = std::async(std::launch::async, OpenArchive, path);
    ahead.path = path;
  } catch (const std::system_error&) {
    ahead.opened = {};  // no thread to be had: who mounts it reads it
  }
}

std::shared_ptr<const archive::Archive> TakeReadAhead(
    const std::string& path, const os::FileIdentity& identity) {
  ReadAhead& ahead = TheReadAhead();
  const std::lock_guard lock(ahead.mutex);
  if (!ahead.opened.valid() || ahead.path != path) return nullptr;
  Opened opened = std::exchange(ahead.opened, {}).get();
  return opened.identity == identity ? std::move(opened.archive) : nullptr;
}

}  // namespace inmem::interpreter
