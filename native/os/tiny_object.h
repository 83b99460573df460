// native/os/tiny_object.h: the smallest shared object that can be loaded and
// called: what the probe offers to the dynamic linker.
#pragma once

#include <cstdint>
#include <string>

namespace inmem::os {

// Its one function `inmem_probe` takes nothing and gives this.
inline constexpr int kTinyAnswer = 42;

// Bytes of the ELF file, for the processor that this is compiled for. It needs
// no library. With `static_tls_bytes` it has so many bytes of thread-local
// memory that it asks for at once, in every thread (the initial-exec model).
std::string TinyObject(std::uint64_t static_tls_bytes = 0);

}  // namespace inmem::os
