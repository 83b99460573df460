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

Status WriteAll(int fd, std::uint64_t offset_bytes,
                std::span<const std::byte> bytes, const std::string& label) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(),
                                     static_cast<off_t>(offset_bytes));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = written < 0 ? errno : ENOSPC;
      std::string message = label + ": writing " +
                            std::to_string(bytes.size()) +
                            " bytes of its copy: " + ErrnoText(error);
      if (error == ENOSPC || error == ENOMEM) {
        message += "; there is no room left for the bundle's shared objects";
      }
      return {ErrorCode::kMemfd, std::move(message)};
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
