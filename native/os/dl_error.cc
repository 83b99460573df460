// native/os/dl_error.cc: what a dlerror() text means.
//
// Texts are those of glibc's elf/dl-*.c; LC_MESSAGES may translate them, so
// only what stays in every language is relied on where there is a choice.
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "os/dynamic_linker.h"
#include "os/errno_text.h"
#include "os/static_tls.h"
#include "os/unique_fd.h"

namespace inmem::os {
namespace {

constexpr std::string_view kUndefined = "undefined symbol: ";
constexpr std::string_view kNotOpened = ": cannot open shared object file";
constexpr std::string_view kStaticTls = "static TLS block";

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void ReplaceAll(std::string& text, const std::string& from,
                const std::string& to) {
  if (from.empty()) return;
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

std::string VersionHint(std::string_view text) {
  if (Contains(text, "`GLIBC_")) {
    return std::string("; this host has glibc ") + ::gnu_get_libc_version() +
           ": bundle a wheel for an older manylinux, or use a newer system";
  }
  return "; the host's library is older than what the wheel was built for";
}

// Whether glibc put the system's words for `error` behind its own.
bool Tells(std::string_view text, int error) {
  return Contains(text, std::generic_category().message(error));
}

constexpr std::string_view kNoMemory =
    "; there is not enough memory: a limit of the process (ulimit -v), of its "
    "container or of the machine";

// For a file of ours that is there, whatever the linker says.
std::string OpenHint(std::string_view text) {
  if (Tells(text, EMFILE) || Tells(text, ENFILE)) {
    return "; too many files are open: raise the limit (ulimit -n)";
  }
  if (Tells(text, ENOMEM)) return std::string(kNoMemory);
  if (Tells(text, EACCES) || Tells(text, EPERM)) {
    return "; a security policy forbids this process to open its own memory "
           "files through /proc (SELinux, AppArmor)";
  }
  return "; shared objects in memory are reached through /proc: is it mounted?";
}

std::string StaticTlsHint(std::uint64_t tls_bytes) {
  std::string hint = "; ";
  if (tls_bytes != 0) {
    hint += "it wants " + std::to_string(tls_bytes) +
            " bytes in each thread at once, more than the process has left; ";
  }
  return hint + "start the process with " + StaticTlsRemedy(tls_bytes) +
         " (or more) in its environment";
}

// Why code of this file cannot be mapped: an errno, 0 where it can or where
// the file cannot be asked.
int RefusalToMapCode(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return 0;
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* page =
      ::mmap(nullptr, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, file.get(), 0);
  if (page == MAP_FAILED) return errno;
  ::munmap(page, size);
  return 0;
}

// glibc does not always tell the errno of a segment that it could not map.
std::string SegmentHint(std::string_view text, const std::string& path) {
  std::string hint = "; ";
  int error = 0;
  for (const int told : {EPERM, EACCES, ENOMEM}) {
    if (Tells(text, told)) error = told;
  }
  if (error == 0) {
    error = RefusalToMapCode(path);
    if (error != 0) hint += "mapping code of it: " + ErrnoText(error) + "; ";
  }
  if (error == EPERM) {
    return hint +
           "the file lies on a mount that forbids code (noexec), or a sandbox "
           "forbids executable mappings";
  }
  if (error == EACCES) {
    return hint +
           "a security policy forbids executable mappings of this file "
           "(SELinux: the domain needs `execute` on its tmpfs files)";
  }
  return std::string(kNoMemory);
}

// Segments that could not be mapped, protected or aligned.
std::string MapHint(std::string_view text, const std::string& path) {
  if (Contains(text, "failed to map segment")) return SegmentHint(text, path);
  if (Tells(text, ENOMEM)) return std::string(kNoMemory);
  if (Contains(text, "executable stack")) {
    return "; the object asks for an executable stack, which this host "
           "refuses: clear the mark (patchelf --clear-execstack)";
  }
  if (Contains(text, "segment writable for relocation") ||
      Contains(text, "memory protections") ||
      Contains(text, "segment prot after reloc")) {
    return "; the object has relocations in its code, which a security policy "
           "forbids (SELinux execmod): it must be built with -fPIC";
  }
  if (Contains(text, "not page-aligned")) {
    return "; this host has pages of " +
           std::to_string(::sysconf(_SC_PAGESIZE)) +
           " bytes: the object was linked for smaller ones";
  }
  return "";
}

}  // namespace

Status ClassifyDlError(std::string text, const std::string& path,
                       const std::string& label) {
  // The file itself could not be opened at all.
  const bool unopened = text.starts_with(path + kNotOpened.data());
  // Of itself glibc speaks by the path; of a library that it needs, by a name.
  const std::uint64_t tls_bytes =
      Contains(text, kStaticTls) && text.starts_with(path) ? TlsBytesOf(path)
                                                           : 0;
  ReplaceAll(text, path, label);
  if (!Contains(text, label)) text = label + ": " + text;
  if (unopened) {
    const std::string hint = OpenHint(text);
    return {ErrorCode::kLoadFailed, text + hint};
  }
  if (Contains(text, kUndefined) ||
      Contains(text, "with link time reference")) {
    return {ErrorCode::kUndefinedSymbol, std::move(text)};
  }
  if (Contains(text, kNotOpened.substr(2))) {
    return {ErrorCode::kMissingLibrary, std::move(text)};
  }
  if (Contains(text, "version `") && Contains(text, "' not found")) {
    return {ErrorCode::kMissingLibrary, text + VersionHint(text)};
  }
  const std::string hint = Contains(text, kStaticTls) ? StaticTlsHint(tls_bytes)
                                                      : MapHint(text, path);
  return {ErrorCode::kLoadFailed, text + hint};
}

}  // namespace inmem::os
