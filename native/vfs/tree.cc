// native/vfs/tree.cc: which mount a path belongs to.
//
// Every path that Python opens comes by here, and most are not ours. What all
// mount points begin with is compared first, which ends most searches; then
// only the lengths that some mount point has, and of these only those where
// the path has a '/', are looked up in a hash table.
#include "vfs/tree.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/hash.h"

namespace inmem::vfs {
namespace {

struct PointHash {
  std::size_t operator()(std::string_view point) const {
    return static_cast<std::size_t>(HashString(point));
  }
};

bool IsMountPoint(std::string_view point) {
  return point.size() > 1 && point.front() == '/' && Normalize(point) == point;
}

}  // namespace

struct Tree::Impl {
  using Points = std::unordered_map<std::string_view,
                                    std::shared_ptr<const Mount>, PointHash>;

  // Held for a search at the longest. A shared_mutex counts who waits to read:
  // in a child of fork it would wait for them for ever.
  mutable std::mutex mutex;
  std::vector<std::shared_ptr<const Mount>> mounts;  // in order of Add
  Points points;                     // keys borrow from the mounts
  std::string common_prefix;         // of all points
  std::vector<std::size_t> lengths;  // of all points, descending, each once

  // All that Covers ever compared. Readers hold no lock, so none is ever freed;
  // equal ones are one, and mounts below the reserved root add nothing: there
  // are as many as there were sets of bundles on disk.
  std::set<Prefixes> all_prefixes;

  // Makes all that depends on `mounts` anew; gives what Covers is to compare.
  // REQUIRES: mutex held.
  const Prefixes* Update();
};

const Tree::Prefixes* Tree::Impl::Update() {
  points.clear();
  lengths.clear();
  common_prefix = mounts.empty() ? "" : mounts.front()->point();
  for (const auto& mount : mounts) {
    const std::string& point = mount->point();
    points.emplace(point, mount);
    lengths.push_back(point.size());
    const auto differ = std::mismatch(
        common_prefix.begin(), common_prefix.end(), point.begin(), point.end());
    common_prefix.erase(differ.first, common_prefix.end());
  }
  Prefixes made;
  for (const auto& mount : mounts) {
    const bool reserved = mount->point().starts_with(kReservedRoot);
    made.emplace_back(reserved ? kReservedRoot : mount->point());
  }
  std::sort(made.begin(), made.end());
  made.erase(std::unique(made.begin(), made.end()), made.end());
  std::sort(lengths.begin(), lengths.end(), std::greater<>());
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  return &*all_prefixes.insert(std::move(made)).first;
}

Tree::Tree() : impl_(std::make_unique<Impl>()) {
  prefixes_.store(impl_->Update(), std::memory_order_release);
}
Tree::~Tree() = default;

Result<std::shared_ptr<const Mount>> Tree::Add(
    std::string point, std::shared_ptr<const archive::Archive> archive) {
  if (!IsMountPoint(point)) {
    return Status(ErrorCode::kInterpreter,
                  archive->name() + ": mount point '" + point +
                      "' (expected a normalised absolute path)");
  }
  const std::lock_guard lock(impl_->mutex);
  const auto taken = impl_->points.find(point);
  if (taken != impl_->points.end()) {
    if (&taken->second->archive() == archive.get()) return taken->second;
    return Status(ErrorCode::kInterpreter, archive->name() + ": mount point '" +
                                               point + "' taken by " +
                                               taken->second->archive().name() +
                                               " (expected a free one)");
  }
  auto mount =
      std::make_shared<const Mount>(std::move(point), std::move(archive));
  impl_->mounts.push_back(mount);
  prefixes_.store(impl_->Update(), std::memory_order_release);
  return std::shared_ptr<const Mount>(std::move(mount));
}

void Tree::Remove(std::string_view point) {
  // Whoever holds the mount keeps it; if nobody does, it dies here, after the
  // lock is let go.
  std::shared_ptr<const Mount> removed;
  const std::lock_guard lock(impl_->mutex);
  auto& mounts = impl_->mounts;
  const auto found =
      std::find_if(mounts.begin(), mounts.end(),
                   [point](const auto& it) { return it->point() == point; });
  if (found == mounts.end()) return;
  removed = std::move(*found);
  mounts.erase(found);
  prefixes_.store(impl_->Update(), std::memory_order_release);
}

std::optional<Location> Tree::Locate(std::string_view path) const {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->mounts.empty() || !path.starts_with(impl_->common_prefix)) {
    return std::nullopt;
  }
  for (const std::size_t length : impl_->lengths) {
    if (length > path.size()) continue;
    if (length < path.size() && path[length] != '/') continue;
    const auto found = impl_->points.find(path.substr(0, length));
    if (found == impl_->points.end()) continue;
    const std::size_t rest = std::min(length + 1, path.size());
    return Location{found->second, std::string(path.substr(rest))};
  }
  return std::nullopt;
}

void Tree::LockForFork() const { impl_->mutex.lock(); }
void Tree::UnlockAfterFork() const { impl_->mutex.unlock(); }

std::vector<std::shared_ptr<const Mount>> Tree::mounts() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->mounts;
}

}  // namespace inmem::vfs
