// native/os/memfd.cc: anonymous memory files.
#include "os/memfd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "os/errno_text.h"

#ifndef MFD_NOEXEC_SEAL  // Linux 6.3; older headers lack it
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace inmem::os {

std::string MemfdName(std::string_view name) {
  return std::string(name.substr(0, kMemfdNameLimitBytes));
}

Result<UniqueFd> CreateMemfd(std::string_view name) {
  const std::string kernel_name = MemfdName(name);
  // MFD_NOEXEC_SEAL concerns execve alone: mapping with PROT_EXEC works, and it
  // is the one flag that every value of vm.memfd_noexec accepts. It implies
  // MFD_ALLOW_SEALING. EINVAL: a kernel before 6.3.
  UniqueFd fd(
      ::memfd_create(kernel_name.c_str(), MFD_CLOEXEC | MFD_NOEXEC_SEAL));
  if (!fd.valid() && errno == EINVAL) {
    fd.Reset(
        ::memfd_create(kernel_name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }
  if (!fd.valid()) {
    const int error = errno;
    std::string message = kernel_name + ": memfd_create: " + ErrnoText(error);
    if (error == EMFILE || error == ENFILE) {
      message += "; raise the limit of open files (ulimit -n)";
    }
    return Status(ErrorCode::kMemfd, std::move(message));
  }
  return fd;
}

Status WriteAll(int fd, std::uint64_t offset_bytes,
                std::span<const std::byte> bytes, const std::string& label) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(),
                                     static_cast<off_t>(offset_bytes));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      return {ErrorCode::kMemfd, label + ": write of " +
                                     std::to_string(bytes.size()) +
                                     " bytes into a memfd: " +
                                     ErrnoText(written < 0 ? errno : ENOSPC)};
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset_bytes += static_cast<std::uint64_t>(written);
  }
  return Status::Ok();
}

Status Seal(int fd, const std::string& label) {
  constexpr int kSeals =
      F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (::fcntl(fd, F_ADD_SEALS, kSeals) != 0) {
    return {ErrorCode::kMemfd,
            label + ": sealing a memfd: " + ErrnoText(errno)};
  }
  return Status::Ok();
}

}  // namespace inmem::os
