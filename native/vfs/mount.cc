// native/vfs/mount.cc: an archive's entries as a tree of files and folders.
#include <linux/limits.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "vfs/tree.h"

namespace inmem::vfs {
namespace {

using Index = archive::Archive::Index;
using FolderId = std::uint32_t;

constexpr FolderId kNoFolder = UINT32_MAX;

struct NameHash {
  std::size_t operator()(std::string_view name) const {
    return static_cast<std::size_t>(HashString(name));
  }
};

std::string_view Parent(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string_view()
                                         : name.substr(0, slash);
}

std::string_view BaseName(std::string_view name) {
  return name.substr(name.rfind('/') + 1);  // npos + 1 is 0
}

// Whether a normalised path can lead to `name`. An archive may hold "./a" or
// "a//b"; such entries can be read by name and are not part of the tree.
// Nor does a path lead to a name longer than paths are: all its parents would
// be as long again, hundreds of megabytes for one name of a hostile archive.
bool IsReachable(std::string_view name) {
  if (name.size() >= PATH_MAX) return false;
  while (true) {
    const std::size_t slash = name.find('/');
    const std::string_view component = name.substr(0, slash);
    if (component.empty() || component == ".") return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace

// The folders of an archive: those with an entry and those that only stand in
// other entries' names. Names borrow from the archive.
struct Mount::Folders {
  std::unordered_map<std::string_view, FolderId, NameHash> ids;
  std::vector<std::string_view> names;  // by id; a parent before its children

  FolderId Find(std::string_view name) const {
    const auto found = ids.find(name);
    return found == ids.end() ? kNoFolder : found->second;
  }

  explicit Folders(const archive::Archive& archive);
  FolderId Add(std::string_view name);
  template <typename Visit>
  void ForEachChild(const archive::Archive& archive, Visit visit) const;
};

// Names below folder i: names[first[i]] to [first[i + 1]], in no order.
struct Mount::Children {
  std::vector<std::uint32_t> first;
  std::vector<std::string_view> names;

  Children(const Folders& folders, const archive::Archive& archive);
};

// What `slot` holds, made if need be; by two threads at once, one of them in
// vain. A lock would stay locked for ever in a child that another thread forks
// meanwhile.
template <typename Table, typename... Args>
const Table& Mount::MadeOnce(std::atomic<const Table*>& slot,
                             const Args&... args) {
  if (const Table* made = slot.load(std::memory_order_acquire)) return *made;
  auto mine = std::make_unique<const Table>(args...);
  const Table* first = nullptr;
  if (!slot.compare_exchange_strong(first, mine.get(),
                                    std::memory_order_acq_rel)) {
    return *first;
  }
  return *mine.release();
}

// The id of the folder `name`, made with all its parents if need be;
// kNoFolder for a name that no path leads to.
FolderId Mount::Folders::Add(std::string_view name) {
  if (const FolderId id = Find(name); id != kNoFolder) return id;
  if (!IsReachable(name)) return kNoFolder;
  std::vector<std::string_view> missing;
  while (Find(name) == kNoFolder) {  // ends at "", which is always there
    missing.push_back(name);
    name = Parent(name);
  }
  for (std::size_t i = missing.size(); i-- > 0;) {
    ids.emplace(missing[i], static_cast<FolderId>(names.size()));
    names.push_back(missing[i]);
  }
  return static_cast<FolderId>(names.size() - 1);
}

Mount::Folders::Folders(const archive::Archive& archive) {
  ids.emplace(std::string_view(), 0);
  names.emplace_back();
  // Entries of one folder nearly always follow each other.
  std::string_view last;
  const auto count = static_cast<Index>(archive.entry_count());
  for (Index i = 0; i < count; ++i) {
    const std::string_view folder = Parent(archive.entry_name(i));
    if (folder == last) continue;
    last = folder;
    Add(folder);
  }
}

// Calls visit(folder id, name) for each file and folder in each folder.
template <typename Visit>
void Mount::Folders::ForEachChild(const archive::Archive& archive,
                                  Visit visit) const {
  std::string_view last;
  FolderId last_id = 0;
  const auto count = static_cast<Index>(archive.entry_count());
  for (Index i = 0; i < count; ++i) {
    const std::string_view name = archive.entry_name(i);
    if (name.ends_with('/')) continue;  // comes with the folders, below
    const std::string_view folder = Parent(name);
    if (folder != last) {
      last = folder;
      last_id = Find(folder);
    }
    const std::string_view base = BaseName(name);
    if (last_id != kNoFolder && base != ".") visit(last_id, base);
  }
  for (std::size_t i = 1; i < names.size(); ++i) {
    visit(Find(Parent(names[i])), BaseName(names[i]));
  }
}

Mount::Children::Children(const Folders& folders,
                          const archive::Archive& archive)
    : first(folders.names.size() + 1, 0) {
  folders.ForEachChild(archive, [this](FolderId folder, std::string_view) {
    ++first[folder + 1];
  });
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  names.resize(first.back());
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  folders.ForEachChild(archive, [&](FolderId folder, std::string_view name) {
    names[next[folder]++] = name;
  });
}

Mount::Mount(std::string point, std::shared_ptr<const archive::Archive> archive)
    : point_(std::move(point)), archive_(std::move(archive)) {
  // 31 bits, so that the number stays positive wherever it is printed.
  inode_base_ = HashString(point_) >> 33 << 32;
}

Mount::~Mount() {
  delete folders_.load();
  delete children_.load();
}

const Mount::Folders& Mount::folders() const {
  return MadeOnce(folders_, *archive_);
}

std::optional<Index> Mount::FindFile(std::string_view name) const {
  const auto index = archive_->Find(name);
  if (archive_->has_symlinks()) {
    const Found found = Lookup(name);
    if (found.kind != Kind::kFile) return std::nullopt;
    return found.index;
  }
  if (!index || name.ends_with('/')) return std::nullopt;
  return index;
}

Mount::Found Mount::Find(std::string_view name) const {
  if (name.empty()) return {Kind::kDirectory, 0};
  if (name.ends_with('/')) return {};
  if (const auto index = archive_->FindPath(name)) {
    if (archive_->entry_name(*index).ends_with('/')) {
      return {Kind::kDirectory, 0};
    }
    const bool is_link =
        archive_->has_symlinks() && archive_->entry(*index).is_symlink();
    return {is_link ? Kind::kSymlink : Kind::kFile, *index};
  }
  if (folders().Find(name) == kNoFolder) return {};
  return {Kind::kDirectory, 0};
}

Mount::Found Mount::Lookup(std::string_view name) const {
  const Found found = Find(name);
  const bool is_final =
      found.kind == Kind::kFile || found.kind == Kind::kDirectory;
  if (is_final || !archive_->has_symlinks() || name.ends_with('/')) {
    return found;
  }
  const Walked walked = Walk(name, true);
  return walked.end == End::kFound ? walked.found : Found{};
}

std::uint64_t Mount::FolderInodeBase() const {
  return inode_base_ + archive_->entry_count() + 1;
}

std::uint64_t Mount::Inode(const Found& found, std::string_view name) const {
  if (found.kind != Kind::kDirectory) return inode_base_ + found.index + 1;
  return FolderInodeBase() + folders().Find(name);
}

std::optional<std::string_view> Mount::FolderOf(std::uint64_t inode) const {
  if (inode >> 32 != inode_base_ >> 32 || inode < FolderInodeBase()) {
    return std::nullopt;
  }
  const std::uint64_t id = inode - FolderInodeBase();
  const auto& names = folders().names;
  if (id >= names.size()) return std::nullopt;
  return names[static_cast<std::size_t>(id)];
}

std::optional<std::string_view> Mount::FileOf(std::uint64_t inode) const {
  if (inode <= inode_base_ || inode - inode_base_ > archive_->entry_count()) {
    return std::nullopt;
  }
  return archive_->entry_name(static_cast<Index>(inode - inode_base_ - 1));
}

std::optional<std::vector<std::string_view>> Mount::List(
    std::string_view name) const {
  // A file hides a folder of the same name, here as in Find.
  std::string canonical;
  switch (Find(name).kind) {
    case Kind::kFile:
      return std::nullopt;
    case Kind::kDirectory:
      break;
    default: {
      if (!archive_->has_symlinks()) return std::nullopt;
      Walked walked = Walk(name, true);
      if (walked.found.kind != Kind::kDirectory) return std::nullopt;
      canonical = std::move(walked.name);
      name = canonical;
    }
  }
  const Folders& all = folders();
  const FolderId id = all.Find(name);
  if (id == kNoFolder) return std::nullopt;
  const Children& children = MadeOnce(children_, all, *archive_);
  const auto below = std::span(children.names)
                         .subspan(children.first[id],
                                  children.first[id + 1] - children.first[id]);
  std::vector<std::string_view> names(below.begin(), below.end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace inmem::vfs
