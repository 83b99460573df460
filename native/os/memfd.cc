// native/os/memfd.cc: anonymous memory files.
#include "os/memfd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "os/errno_text.h"

#ifndef MFD_NOEXEC_SEAL  // Linux 6.3; older headers lack it
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace inmem::os {
namespace {

constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

Status Unwritten(const std::string& label, std::size_t size_bytes, int error) {
  std::string message = label + ": writing " + std::to_string(size_bytes) +
                        " bytes of its copy: " + ErrnoText(error);
  if (error == ENOSPC || error == ENOMEM) {
    message += "; there is no room left for the bundle's shared objects";
  }
  return {ErrorCode::kMemfd, std::move(message)};
}

// Takes what was written off the pieces from `first` on; gives the first one
// that is left.
std::size_t Advance(std::vector<iovec>& pieces, std::size_t first,
                    std::size_t written) {
  while (written > 0) {
    iovec& piece = pieces[first];
    const std::size_t part = std::min(written, piece.iov_len);
    piece.iov_base = static_cast<std::byte*>(piece.iov_base) + part;
    piece.iov_len -= part;
    written -= part;
    if (piece.iov_len == 0) ++first;
  }
  return first;
}

}  // namespace

std::string MemfdName(std::string_view name) {
  return std::string(name.substr(0, kMemfdNameLimitBytes));
}

Result<UniqueFd> CreateMemfd(std::string_view name) {
  const std::string kernel_name = MemfdName(name);
  // MFD_NOEXEC_SEAL concerns execve alone: mapping with PROT_EXEC works, and it
  // is the one flag that every value of vm.memfd_noexec accepts. It implies
  // MFD_ALLOW_SEALING. EINVAL: a kernel before 6.3, or a sandbox that knows
  // none after it; EACCES: a policy that takes the flag for an attempt to
  // execute.
  UniqueFd fd(
      ::memfd_create(kernel_name.c_str(), MFD_CLOEXEC | MFD_NOEXEC_SEAL));
  if (!fd.valid() && (errno == EINVAL || errno == EACCES)) {
    fd.Reset(
        ::memfd_create(kernel_name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }
  if (!fd.valid()) {
    const int error = errno;
    std::string message = "memfd_create: " + ErrnoText(error);
    return Status(ErrorCode::kMemfd, message.append(MemfdAdvice(error)));
  }
  return fd;
}

std::string_view MemfdAdvice(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
      return "; raise the limit of open files (ulimit -n)";
    case EPERM:
      return "; a sandbox refuses it (the seccomp filter of a container, of "
             "systemd's SystemCallFilter, of firejail): allow memfd_create "
             "there; `inmem-python doctor` tells what else this host allows";
    case ENOSYS:
      return "; this kernel is older than 3.17, or a sandbox hides the call (a "
             "seccomp filter): allow memfd_create there; `inmem-python doctor` "
             "tells what else this host allows";
    case EACCES:
      return "; the sysctl vm.memfd_noexec is 2 on a kernel that takes no "
             "MFD_NOEXEC_SEAL, or a security module forbids it; `inmem-python "
             "doctor` tells what else this host allows";
    case ENOMEM:
      return "; there is not enough memory";
    default:
      return "";
  }
}

Status SetSize(int fd, std::uint64_t size_bytes, const std::string& label) {
  if (::ftruncate(fd, static_cast<off_t>(size_bytes)) == 0) {
    return Status::Ok();
  }
  return {ErrorCode::kMemfd, label + ": " + ErrnoText(errno)};
}

Status WriteAll(int fd, std::uint64_t offset_bytes,
                std::span<const std::byte> bytes, const std::string& label) {
  return WriteAll(fd, offset_bytes, {&bytes, 1}, label);
}

Status WriteAll(int fd, std::uint64_t offset_bytes,
                std::span<const std::span<const std::byte>> pieces,
                const std::string& label) {
  std::vector<iovec> left;
  left.reserve(pieces.size());
  std::size_t size = 0;
  for (const std::span<const std::byte> piece : pieces) {
    if (piece.empty()) continue;
    left.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
    size += piece.size();
  }
  for (std::size_t first = 0; first < left.size();) {
    const std::size_t count = std::min<std::size_t>(left.size() - first, 1024);
    const ssize_t written = ::pwritev(fd, &left[first], static_cast<int>(count),
                                      static_cast<off_t>(offset_bytes));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      return Unwritten(label, size, written < 0 ? errno : ENOSPC);
    }
    offset_bytes += static_cast<std::uint64_t>(written);
    size -= static_cast<std::size_t>(written);
    first = Advance(left, first, static_cast<std::size_t>(written));
  }
  return Status::Ok();
}

bool IsSealed(int fd) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & kSeals) == kSeals;
}

Status Seal(int fd, const std::string& label) {
  if (::fcntl(fd, F_ADD_SEALS, kSeals) != 0) {
    return {ErrorCode::kMemfd,
            label + ": sealing a memfd: " + ErrnoText(errno)};
  }
  return Status::Ok();
}

}  // namespace inmem::os
