// native/os/static_tls.cc: thread-local memory that libraries want at once.
#include "os/static_tls.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "os/unique_fd.h"

namespace inmem::os {
namespace {

constexpr std::string_view kKey = "glibc.rtld.optional_static_tls=";

bool ReadAt(int fd, std::uint64_t offset_bytes, void* into, std::size_t size) {
  return ::pread(fd, into, size, static_cast<off_t>(offset_bytes)) ==
         static_cast<ssize_t>(size);
}

}  // namespace

std::uint64_t StaticTlsTunableBytes() {
  constexpr std::uint64_t kDefault = 512;
  const char* variable = std::getenv("GLIBC_TUNABLES");
  if (variable == nullptr) return kDefault;
  const std::string_view text = variable;
  const auto at = text.find(kKey);
  if (at == std::string_view::npos) return kDefault;
  // Decimal, 0x or 0, as glibc reads it.
  const std::string value(text.substr(at + kKey.size()));
  char* end = nullptr;
  const std::uint64_t number = std::strtoull(value.c_str(), &end, 0);
  return end != value.c_str() ? number : kDefault;
}

std::uint64_t TlsBytesOf(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  Elf64_Ehdr header = {};
  if (!file.valid() || !ReadAt(file.get(), 0, &header, sizeof header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phoff > INT32_MAX) {
    return 0;
  }
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment = {};
    if (!ReadAt(file.get(), header.e_phoff + i * sizeof segment, &segment,
                sizeof segment)) {
      return 0;
    }
    if (segment.p_type == PT_TLS) return segment.p_memsz;
  }
  return 0;
}

std::string StaticTlsRemedy(std::uint64_t tls_bytes) {
  constexpr std::uint64_t kStep = 512;
  constexpr std::uint64_t kUnknown = 4096;
  constexpr std::uint64_t kAlignment = 64;
  // What was taken up to now was within the surplus as it is; so that plus the
  // object's own is enough, whatever is left.
  const std::uint64_t more = tls_bytes != 0 ? tls_bytes + kAlignment : kUnknown;
  const std::uint64_t total = StaticTlsTunableBytes() + more;
  return std::string("GLIBC_TUNABLES=")
      .append(kKey)
      .append(std::to_string((total + kStep - 1) / kStep * kStep));
}

}  // namespace inmem::os
