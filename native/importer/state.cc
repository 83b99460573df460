// native/importer/state.cc: the mounts by id, and the memory of path entries.
#include "cpython/python_setup.h"

#include "importer/state.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "files/files.h"
#include "importer/linker_calls.h"
#include "vfs/tree.h"

namespace inmem::importer {
namespace {

// A thread of Python's lets others run while it waits for one that loads.
void LetGilGoWhileWaiting() {
  loader::Loader::LetGoWhileWaiting(
      {.leave = []() -> void* {
         return PyThreadState_GetUnchecked() != nullptr ? PyEval_SaveThread()
                                                        : nullptr;
       },
       .come_back =
           [](void* state) {
             PyEval_RestoreThread(static_cast<PyThreadState*>(state));
           }});
}

}  // namespace

State::State() {
  // First of all: its fork handler, which was registered first, then is the
  // last to prepare, and whoever loads, and looks up, is waited for before.
  files::Attach(tree_);
  LetGilGoWhileWaiting();
  RedirectLinkerCalls(loader_);
  for (const files::Function& function : files::Functions()) {
    loader_.Redirect(function.name, function.replacement);
  }
}

State& State::Get() {
  static State* state = new State();
  return *state;
}

Result<MountId> State::Mount(std::string point,
                             std::shared_ptr<const archive::Archive> archive) {
  auto added = tree_.Add(std::move(point), std::move(archive));
  if (!added.ok()) return added.status();
  std::lock_guard lock(mutex_);
  resolved_.clear();
  MountId id = next_id_++;
  mounts_.emplace(id, added.Take());
  return id;
}

void State::Unmount(MountId id) {
  std::lock_guard lock(mutex_);
  auto found = mounts_.find(id);
  if (found == mounts_.end()) return;
  tree_.Remove(found->second->point());
  mounts_.erase(found);
  resolved_.clear();
}

std::shared_ptr<const vfs::Mount> State::mount(MountId id) const {
  std::lock_guard lock(mutex_);
  auto found = mounts_.find(id);
  return found == mounts_.end() ? nullptr : found->second;
}

void State::SetProgramPath(std::vector<std::string> points) {
  std::lock_guard lock(mutex_);
  program_path_ = std::move(points);
}

std::vector<std::string> State::program_path() const {
  std::lock_guard lock(mutex_);
  return program_path_;
}

void State::SetSitePoints(std::vector<std::string> points) {
  std::lock_guard lock(mutex_);
  site_points_ = std::move(points);
}

std::vector<std::string> State::site_points() const {
  std::lock_guard lock(mutex_);
  return site_points_;
}

std::optional<PathEntry> State::Resolve(std::string_view path) {
  {
    std::lock_guard lock(mutex_);
    auto known = resolved_.find(path);
    if (known != resolved_.end()) return known->second;
  }
  // Held while the tree is asked: what a mount in between makes wrong would be
  // remembered after it has cleared the memory.
  std::lock_guard lock(mutex_);
  std::optional<vfs::Location> location = tree_.Locate(path);
  std::optional<PathEntry> entry;
  if (location) {
    for (const auto& [id, mount] : mounts_) {
      if (mount != location->mount) continue;
      entry = PathEntry{id, mount, std::move(location->name)};
      break;
    }
  }
  // A program may try any number of foreign paths: forget rather than grow.
  if (resolved_.size() > 4096) resolved_.clear();
  resolved_.emplace(path, entry);
  return entry;
}

}  // namespace inmem::importer
