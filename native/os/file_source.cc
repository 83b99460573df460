// native/os/file_source.cc: a regular file as an archive's ByteSource.
#include "os/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <span>
#include <utility>

#include "base/checked.h"
#include "os/errno_text.h"
#include "os/unique_fd.h"

namespace inmem::os {
namespace {

class FileSource final : public archive::ByteSource {
 public:
  FileSource(std::string name, UniqueFd fd, std::uint64_t size_bytes)
      : name_(std::move(name)), fd_(std::move(fd)), size_bytes_(size_bytes) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint64_t size_bytes() const override {
    return size_bytes_;
  }
  [[nodiscard]] int descriptor() const override { return fd_.get(); }

  Status ReadAt(std::uint64_t offset_bytes,
                std::span<std::byte> out) const override {
    if (!RangeFits(offset_bytes, out.size(), size_bytes_)) {
      return {ErrorCode::kUnreadable,
              name_ + ": read of " + std::to_string(out.size()) + " bytes at " +
                  std::to_string(offset_bytes) + " (expected a range within " +
                  std::to_string(size_bytes_) + " bytes)"};
    }
    while (!out.empty()) {
      const ssize_t got = ::pread(fd_.get(), out.data(), out.size(),
                                  static_cast<off_t>(offset_bytes));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        return {ErrorCode::kUnreadable, name_ + ": " + ErrnoText(errno)};
      }
      if (got == 0) return Shorter();
      out = out.subspan(static_cast<std::size_t>(got));
      offset_bytes += static_cast<std::uint64_t>(got);
    }
    return Status::Ok();
  }

 private:
  Status Shorter() const {
    struct stat now = {};
    const bool known = ::fstat(fd_.get(), &now) == 0;
    return {ErrorCode::kFileChanged,
            name_ + ": the file now has " +
                (known ? std::to_string(now.st_size) : "fewer") +
                " bytes (expected " + std::to_string(size_bytes_) +
                " bytes, as when it was opened)"};
  }

  std::string name_;
  UniqueFd fd_;
  std::uint64_t size_bytes_;
};

const char* KindName(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode)) return "a character device";
  if (S_ISBLK(mode)) return "a block device";
  return "of unknown kind";
}

Status NotAFile(const std::string& path, mode_t mode) {
  return {ErrorCode::kNotAFile,
          path + ": is " + KindName(mode) + " (expected a regular file)"};
}

Status OpenFailed(const std::string& path, int error) {
  struct stat info = {};
  // A socket cannot be opened at all; say what it is rather than ENXIO.
  if (error == ENXIO && ::stat(path.c_str(), &info) == 0 &&
      !S_ISREG(info.st_mode)) {
    return NotAFile(path, info.st_mode);
  }
  const bool absent = error == ENOENT || error == ENOTDIR;
  return {absent ? ErrorCode::kNotFound : ErrorCode::kUnreadable,
          path + ": " + ErrnoText(error) + " (expected a readable file)"};
}

// 0, 1 and 2 may be free in a daemon; a bundle must not become its stdin.
UniqueFd AboveStandardStreams(UniqueFd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

std::int64_t Nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Result<std::shared_ptr<const archive::ByteSource>> OpenFileSource(
    const std::string& path, FileIdentity* identity) {
  if (path.find('\0') != std::string::npos) {
    return Status(ErrorCode::kNotFound,
                  path.substr(0, path.find('\0')) +
                      ": a NUL follows in the path (expected none)");
  }
  int fd = -1;
  do {
    // O_NONBLOCK: a FIFO without a writer would block for ever; it changes
    // nothing for regular files. O_NOCTTY: a path may name a terminal.
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return OpenFailed(path, errno);
  UniqueFd owned = AboveStandardStreams(UniqueFd(fd));
  struct stat info = {};
  if (!owned.valid() || ::fstat(owned.get(), &info) != 0) {
    return OpenFailed(path, errno);
  }
  if (!S_ISREG(info.st_mode)) return NotAFile(path, info.st_mode);
  const auto size_bytes = static_cast<std::uint64_t>(info.st_size);
  if (identity != nullptr) {
    identity->device = info.st_dev;
    identity->inode = info.st_ino;
    identity->size_bytes = size_bytes;
    identity->mtime_ns = Nanoseconds(info.st_mtim);
    identity->ctime_ns = Nanoseconds(info.st_ctim);
  }
  return std::shared_ptr<const archive::ByteSource>(
      std::make_shared<FileSource>(path, std::move(owned), size_bytes));
}

}  // namespace inmem::os
