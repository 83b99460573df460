// native/os/private_files.cc: a folder of files that is this process's own.
#include "os/private_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "os/errno_text.h"

namespace inmem::os {
namespace {

bool IsPlain(std::string_view piece) {
  return !piece.empty() && piece != "." && piece != ".." &&
         piece.find('\0') == std::string_view::npos;
}

std::string_view AdviceFor(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
      return "; raise the limit of open files (ulimit -n)";
    case ENOSPC:
    case EDQUOT:
      return "; there is no room left for the bundle's shared objects";
    case ENOMEM:
      return "; there is not enough memory";
    default:
      return "";
  }
}

}  // namespace

Result<UniqueFd> PrivateFiles::Create(std::string_view relative,
                                      std::uint64_t size_bytes) const {
  // Step by step, without following links: nobody else writes here, but a
  // program of ours may have, by the path.
  UniqueFd inner;
  int at = folder_.get();
  std::string_view rest = relative;
  for (;;) {
    const auto slash = rest.find('/');
    const std::string piece(rest.substr(0, slash));
    if (!IsPlain(piece)) return Refused(relative, "path", EINVAL);
    if (slash == std::string_view::npos) break;
    if (::mkdirat(at, piece.c_str(), 0700) != 0 && errno != EEXIST) {
      return Refused(relative, "mkdir", errno);
    }
    UniqueFd next(::openat(at, piece.c_str(),
                           O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next.valid()) return Refused(relative, "open folder", errno);
    inner = std::move(next);
    at = inner.get();
    rest.remove_prefix(slash + 1);
  }
  UniqueFd file(::openat(at, std::string(rest).c_str(),
                         O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                         0700));
  if (!file.valid()) return Refused(relative, "create", errno);
  if (size_bytes > INT64_MAX) return Refused(relative, "ftruncate", EFBIG);
  if (size_bytes != 0 &&
      ::ftruncate(file.get(), static_cast<off_t>(size_bytes)) != 0) {
    return Refused(relative, "ftruncate", errno);
  }
  return file;
}

std::string PrivateFiles::Path(std::string_view relative) const {
  if (relative.empty()) return path_;
  return (path_ + '/').append(relative);
}

Status PrivateFiles::Refused(std::string_view relative, std::string_view what,
                             int error) const {
  std::string message(relative);
  message.append(": ").append(what).append(" in ").append(kind_);
  message.append(": ").append(ErrnoText(error)).append(AdviceFor(error));
  return {ErrorCode::kLoadFailed, std::move(message)};
}

}  // namespace inmem::os
