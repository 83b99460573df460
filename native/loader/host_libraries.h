// native/loader/host_libraries.h: what wheels may expect of the host.
#pragma once

#include <cstdint>
#include <string_view>

namespace inmem::loader {

// Where a needed library is taken from.
enum class Provider : std::uint8_t {
  // The host's, always: a process cannot have two C libraries.
  kHost,
  // The host's if it is loaded already, else the archive's, else the host's.
  // Two C++ runtimes that both export what templates share would mix objects
  // of one with code of the other; on disk the loaded one wins by its soname.
  kLoadedThenArchive,
  // The archive's if it carries one, else the host's.
  kArchiveThenHost,
  // The archive's only.
  kArchive,
};

// The rule for a DT_NEEDED name.
// Source: PEP 600; auditwheel's policy/manylinux-policy.json, lib_whitelist of
// all manylinux policies.
Provider ProviderOf(std::string_view soname);

// Whether the name is musl's C library: the object is for Alpine, not for a
// host with glibc.
bool IsMusl(std::string_view soname);

}  // namespace inmem::loader
