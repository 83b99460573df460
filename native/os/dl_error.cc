// native/os/dl_error.cc: what a dlerror() text means.
//
// Texts are those of glibc's elf/dl-*.c; LC_MESSAGES may translate them, so
// only what stays in every language is relied on where there is a choice.
#include <gnu/libc-version.h>

#include <string>
#include <string_view>

#include "os/dynamic_linker.h"

namespace inmem::os {
namespace {

constexpr std::string_view kUndefined = "undefined symbol: ";

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

}  // namespace

std::string UndefinedSymbolOf(const Status& status) {
  if (status.code() != ErrorCode::kUndefinedSymbol) return "";
  const std::string& text = status.message();
  const auto at = text.find(kUndefined);
  if (at == std::string::npos) return "";
  const auto begin = at + kUndefined.size();
  // What may follow is ", version X" or a hint of ours after "; ".
  return text.substr(begin, text.find_first_of(",; ", begin) - begin);
}

Status ClassifyDlError(std::string text, const std::string& path,
                       const std::string& label) {
  // The object's own descriptor path could not be opened at all.
  const bool no_proc =
      text.starts_with(path + ": cannot open shared object file");
  ReplaceAll(text, path, label);
  if (!Contains(text, label)) text = label + ": " + text;
  if (no_proc) {
    return {ErrorCode::kLoadFailed,
            text +
                "; shared objects in memory are reached through /proc: is "
                "it mounted?"};
  }
  if (Contains(text, kUndefined) ||
      Contains(text, "with link time reference")) {
    return {ErrorCode::kUndefinedSymbol, std::move(text)};
  }
  if (Contains(text, "cannot open shared object file")) {
    return {ErrorCode::kMissingLibrary, std::move(text)};
  }
  if (Contains(text, "version `") && Contains(text, "' not found")) {
    return {ErrorCode::kMissingLibrary, text + VersionHint(text)};
  }
  if (Contains(text, "static TLS")) {
    return {ErrorCode::kLoadFailed,
            text +
                "; start the process with GLIBC_TUNABLES="
                "glibc.rtld.optional_static_tls=4096 (or more) in its "
                "environment"};
  }
  if (Contains(text, "failed to map segment")) {
    return {ErrorCode::kLoadFailed,
            text +
                "; a security policy may forbid executable mappings of "
                "memory files (SELinux, noexec)"};
  }
  return {ErrorCode::kLoadFailed, std::move(text)};
}

}  // namespace inmem::os
