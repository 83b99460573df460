// native/os/static_tls.h: thread-local memory that libraries want at once.
//
// glibc sets a surplus aside in each thread's block when the process starts:
// 1664 bytes, of which the tunable glibc.rtld.optional_static_tls (512 unless
// set) is a part. A library that uses the initial-exec model takes from it for
// ever; when it is used up dlopen fails, and only a new process with a larger
// tunable can help.
#pragma once

#include <cstdint>
#include <string>

namespace inmem::os {

// glibc.rtld.optional_static_tls in GLIBC_TUNABLES, else glibc's default.
std::uint64_t StaticTlsTunableBytes();

// The size of the ELF file's PT_TLS segment; 0 where it has none or cannot be
// read.
std::uint64_t TlsBytesOf(const std::string& path);

// "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=N", with which an object of
// `tls_bytes` (0: unknown) fits on top of all that this process has loaded.
std::string StaticTlsRemedy(std::uint64_t tls_bytes);

}  // namespace inmem::os
