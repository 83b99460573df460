// native/files/attributes.cc: what stat says of virtual files.
#include "files/attributes.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <string_view>

#include "archive/archive.h"
#include "archive/dos_time.h"
#include "base/hash.h"

namespace inmem::files {
namespace {

constexpr blksize_t kBlockSize = 4096;
constexpr std::uint32_t kFirstDosTime = 0x210000;  // 1980-01-01

// Folders above the mount points have numbers by their path.
constexpr std::uint64_t kAboveBase = 0x7fff000000000000;

mode_t ModeOf(const Target& target) {
  switch (target.kind) {
    case Target::Kind::kDirectory:
      return S_IFDIR | kFolderMode;
    case Target::Kind::kSymlink:
      return S_IFLNK | 0777;
    default:
      return S_IFREG | FileMode(target);
  }
}

void SetDevice(struct stat* out) {
  out->st_dev = makedev(0, kDeviceMinor);
  out->st_nlink = 1;
  out->st_blksize = kBlockSize;
  out->st_blocks = (out->st_size + 511) / 512;
}

statx_timestamp Stamp(const timespec& time) {
  statx_timestamp stamp = {};
  stamp.tv_sec = time.tv_sec;
  stamp.tv_nsec = static_cast<std::uint32_t>(time.tv_nsec);
  return stamp;
}

}  // namespace

mode_t FileMode(const Target& target) {
  return 0444 |
         (target.mount->archive().entry(target.found.index).unix_mode & 0111);
}

std::int64_t ModifiedTime(const Target& target) {
  if (target.mount != nullptr) {
    const archive::Archive& archive = target.mount->archive();
    if (target.kind != Target::Kind::kDirectory) {
      return archive.ModifiedTime(target.found.index);
    }
    if (const auto index = archive.FindPath(target.name);
        index && !target.name.empty()) {
      return archive.ModifiedTime(*index);
    }
  }
  return archive::UnixTimeOfDos(kFirstDosTime);
}

std::uint64_t InodeOf(const Target& target) {
  if (target.mount == nullptr) return InodeAbove(target.path);
  return target.mount->Inode(target.found, target.name);
}

std::uint64_t InodeAbove(std::string_view path) {
  return kAboveBase | (HashString(path) >> 32);
}

std::uint64_t SizeOf(const Target& target) {
  if (target.kind == Target::Kind::kDirectory) return 0;
  return target.mount->archive().entry(target.found.index).size_bytes;
}

void FillStat(const Target& target, struct stat* out) {
  *out = {};
  out->st_mode = ModeOf(target);
  out->st_ino = InodeOf(target);
  out->st_uid = ::geteuid();
  out->st_gid = ::getegid();
  out->st_size = static_cast<off_t>(SizeOf(target));
  out->st_mtim.tv_sec = static_cast<time_t>(ModifiedTime(target));
  out->st_atim = out->st_ctim = out->st_mtim;
  SetDevice(out);
}

void AmendStat(const Identity& identity, struct stat* out) {
  if (identity.is_folder) out->st_mode = S_IFDIR | kFolderMode;
  out->st_ino = identity.inode;
  out->st_atim = out->st_ctim = out->st_mtim;
  SetDevice(out);
}

void FillStatx(const struct stat& info, struct statx* out) {
  *out = {};
  out->stx_mask = STATX_BASIC_STATS;
  out->stx_blksize = static_cast<std::uint32_t>(info.st_blksize);
  out->stx_nlink = static_cast<std::uint32_t>(info.st_nlink);
  out->stx_uid = info.st_uid;
  out->stx_gid = info.st_gid;
  out->stx_mode = static_cast<std::uint16_t>(info.st_mode);
  out->stx_ino = info.st_ino;
  out->stx_size = static_cast<std::uint64_t>(info.st_size);
  out->stx_blocks = static_cast<std::uint64_t>(info.st_blocks);
  out->stx_atime = Stamp(info.st_atim);
  out->stx_ctime = Stamp(info.st_ctim);
  out->stx_mtime = Stamp(info.st_mtim);
  out->stx_dev_major = major(info.st_dev);
  out->stx_dev_minor = minor(info.st_dev);
}

}  // namespace inmem::files
