// native/os/mapping.cc: files and memory by mmap and mprotect.
#include "os/mapping.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "os/errno_text.h"

namespace inmem::os {

std::size_t PageSize() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

bool MayExecuteFrom(int fd) {
  // Asked once for each object of a bundle: what was allowed stays allowed. The
  // number belongs to it, as a file may be open through two mounts.
  struct Allowed {
    int fd;
    dev_t device;
    ino_t inode;
    bool operator==(const Allowed&) const = default;
  };
  static std::mutex mutex;
  static auto& last = *new Allowed{-1, 0, 0};
  struct stat info = {};
  if (::fstat(fd, &info) != 0) return false;
  const Allowed asked{fd, info.st_dev, info.st_ino};
  const std::lock_guard lock(mutex);
  if (last == asked) return true;
  void* page =
      ::mmap(nullptr, PageSize(), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
  if (page == MAP_FAILED) return false;
  ::munmap(page, PageSize());
  last = asked;
  return true;
}

Result<FileView> FileView::Map(int fd, std::uint64_t offset_bytes,
                               std::uint64_t size_bytes,
                               const std::string& label) {
  void* data = ::mmap(nullptr, size_bytes, PROT_READ, MAP_PRIVATE, fd,
                      static_cast<off_t>(offset_bytes));
  if (data == MAP_FAILED) {
    return Status(ErrorCode::kLoadFailed,
                  label + ": cannot be mapped: " + ErrnoText(errno));
  }
  FileView view;
  view.bytes_ = {static_cast<const std::byte*>(data), size_bytes};
  return view;
}

std::shared_ptr<const FileView> WholeView(int fd, std::uint64_t end_bytes) {
  constexpr int kUsesLimit = 64;
  struct Kept {
    int fd = -1;
    dev_t device = 0;
    ino_t inode = 0;
    int uses = 0;
    std::shared_ptr<const FileView> view;
  };
  static std::mutex mutex;
  static auto& kept = *new Kept;
  struct stat info = {};
  if (::fstat(fd, &info) != 0) return nullptr;
  const std::lock_guard lock(mutex);
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size == 0 || size < end_bytes) return nullptr;
  const bool is_same = kept.fd == fd && kept.device == info.st_dev &&
                       kept.inode == info.st_ino && kept.view &&
                       kept.view->bytes().size() >= end_bytes;
  if (is_same && ++kept.uses < kUsesLimit) return kept.view;
  kept = Kept{fd, info.st_dev, info.st_ino, 0, nullptr};
  auto view = FileView::Map(fd, 0, size, "");
  if (!view.ok()) return nullptr;
  kept.view = std::make_shared<const FileView>(view.Take());
  return kept.view;
}

FileView::~FileView() {
  if (bytes_.empty()) return;
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Status MapOver(std::uintptr_t address, int fd, std::uint64_t offset_bytes,
               std::uint64_t size_bytes, int protection,
               const std::string& label) {
  void* data =
      ::mmap(PointerTo(address), size_bytes, protection,
             MAP_PRIVATE | MAP_FIXED, fd, static_cast<off_t>(offset_bytes));
  if (data != MAP_FAILED) return Status::Ok();
  return {ErrorCode::kLoadFailed,
          label + ": a segment cannot be mapped from the bundle: " +
              ErrnoText(errno) +
              "; is the bundle on a file system that is mounted noexec? "
              "load: 'memfd' copies instead"};
}

Status MapZeros(std::uintptr_t address, std::uint64_t size_bytes,
                int protection, const std::string& label) {
  void* data = ::mmap(PointerTo(address), size_bytes, protection,
                      MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
  if (data != MAP_FAILED) return Status::Ok();
  return {ErrorCode::kLoadFailed,
          label + ": no memory for its zeroed data: " + ErrnoText(errno)};
}

Status Protect(std::uintptr_t begin, std::uintptr_t end, int protection,
               const std::string& label) {
  if (::mprotect(PointerTo(begin), end - begin, protection) == 0) {
    return Status::Ok();
  }
  return {ErrorCode::kLoadFailed,
          label + ": pages cannot be protected: " + ErrnoText(errno)};
}

WritablePages::WritablePages(std::uintptr_t begin, std::uintptr_t end,
                             int protection)
    : begin_(begin / PageSize() * PageSize()),
      end_((end + PageSize() - 1) / PageSize() * PageSize()),
      protection_(protection) {
  if (::mprotect(PointerTo(begin_), end_ - begin_, PROT_READ | PROT_WRITE) !=
      0) {
    error_ = errno;
  }
}

WritablePages::~WritablePages() {
  ::mprotect(PointerTo(begin_), end_ - begin_, protection_);
}

Status WritablePages::status(const std::string& label) const {
  if (error_ == 0) return Status::Ok();
  return {ErrorCode::kLoadFailed,
          label + ": pages that are relocated cannot be made writable: " +
              ErrnoText(error_)};
}

}  // namespace inmem::os
