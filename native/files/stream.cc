// native/files/stream.cc: directory streams over virtual folders.
#include "files/stream.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <tuple>
#include <utility>

#include "files/attributes.h"
#include "files/descriptor.h"
#include "files/real.h"
#include "files/route.h"

namespace inmem::files {
namespace {

static_assert(sizeof(dirent) == sizeof(dirent64), "one struct on 64 bits");

// A DIR* of ours is the address of a slot: whose a pointer is, its value tells.
// More are not open at a time: descriptors of folders on disk are limited, too.
constexpr std::size_t kSlotCount = 8192;
using Slots = std::array<std::atomic<Stream*>, kSlotCount>;

Slots& AllSlots() {
  static Slots slots = {};
  return slots;
}

std::atomic<Stream*>* SlotOf(DIR* given) {
  const auto address = reinterpret_cast<std::uintptr_t>(given);
  const auto first = reinterpret_cast<std::uintptr_t>(AllSlots().data());
  if (address < first || address >= first + sizeof(Slots)) return nullptr;
  return reinterpret_cast<std::atomic<Stream*>*>(given);
}

std::string_view BaseName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

unsigned char TypeOf(const Target& target) {
  switch (target.kind) {
    case Target::Kind::kFile:
      return DT_REG;
    case Target::Kind::kSymlink:
      return DT_LNK;
    default:
      return DT_DIR;
  }
}

// The folder above, whose number ".." carries; the disk's has none of ours.
std::uint64_t InodeAboveOf(const Target& folder) {
  std::string path = folder.Path();
  path.resize(path.rfind('/'));
  if (AttachedTree()->Covers(path.c_str())) {
    const Target above = ResolveCovered(path, kFollow | kFolder);
    if (above.exists()) return InodeOf(above);
  }
  struct stat info = {};
  return RealStatAt(AT_FDCWD, path.empty() ? "/" : path.c_str(), &info, 0) == 0
             ? info.st_ino
             : InodeOf(folder);
}

}  // namespace

void Stream::Add(std::string_view name, const Target& target) {
  // No path can name it.
  if (name.size() > NAME_MAX || name.empty()) return;
  items_.push_back({std::string(name), InodeOf(target), TypeOf(target)});
}

// The folders and mounts in a folder above the mount points.
void Stream::ListAbove() {
  const std::string below = folder_.path + '/';
  std::vector<std::string> paths = FoldersAbove(*AttachedTree());
  for (const auto& mount : AttachedTree()->mounts()) {
    paths.push_back(mount->point());
  }
  std::ranges::sort(paths);
  for (const std::string& path : paths) {
    if (!path.starts_with(below)) continue;
    if (path.find('/', below.size()) != std::string::npos) continue;
    Add(BaseName(path), ResolveCovered(path, kFollow | kFolder));
  }
}

Stream::Stream(Target folder) : folder_(std::move(folder)) {
  Add(".", folder_);
  items_.push_back({"..", InodeAboveOf(folder_), DT_DIR});
  if (folder_.mount == nullptr) {
    ListAbove();
    return;
  }
  const vfs::Mount& mount = *folder_.mount;
  const auto names = mount.List(folder_.name);
  if (!names) return;
  items_.reserve(items_.size() + names->size());
  const std::string prefix = folder_.name.empty() ? "" : folder_.name + '/';
  for (const std::string_view name : *names) {
    Target target;
    target.mount = folder_.mount;
    target.name = prefix;
    target.name += name;
    target.found = mount.Find(target.name);
    target.kind = KindOf(target.found.kind);
    Add(name, target);
  }
}

dirent* Stream::Next() {
  const std::lock_guard lock(mutex_);
  if (next_ >= items_.size()) return nullptr;
  const Item& item = items_[next_++];
  entry_.d_ino = item.inode;
  entry_.d_off = static_cast<off_t>(next_);
  entry_.d_type = item.type;
  const std::size_t size = item.name.size() + 1;
  std::memcpy(entry_.d_name, item.name.c_str(), size);
  // Rounded as the kernel's are, for those who copy by it.
  entry_.d_reclen = static_cast<unsigned short>(
      (offsetof(dirent, d_name) + size + 7) / 8 * 8);
  return &entry_;
}

void Stream::Seek(long position) {
  const std::lock_guard lock(mutex_);
  next_ = position < 0 ? 0 : static_cast<std::size_t>(position);
}

long Stream::Tell() {
  const std::lock_guard lock(mutex_);
  return static_cast<long>(next_);
}

int Stream::Descriptor() {
  const std::lock_guard lock(mutex_);
  if (!fd_.valid()) {
    fd_.Reset(OpenTarget(folder_, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  return fd_.get();
}

DIR* GiveOut(std::unique_ptr<Stream> stream) {
  static std::atomic<std::size_t> start = 0;
  Slots& slots = AllSlots();
  for (std::size_t i = 0; i < kSlotCount; ++i) {
    auto& slot = slots[start.fetch_add(1) % kSlotCount];
    Stream* expected = nullptr;
    if (slot.compare_exchange_strong(expected, stream.get())) {
      std::ignore = stream.release();
      return reinterpret_cast<DIR*>(&slot);
    }
  }
  return Fail<DIR*>(EMFILE);
}

Stream* StreamOf(DIR* given) {
  auto* slot = SlotOf(given);
  return slot != nullptr ? slot->load() : nullptr;
}

std::unique_ptr<Stream> TakeBack(DIR* given) {
  auto* slot = SlotOf(given);
  return std::unique_ptr<Stream>(slot != nullptr ? slot->exchange(nullptr)
                                                 : nullptr);
}

}  // namespace inmem::files
