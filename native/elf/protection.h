// native/elf/protection.h: PF_* of a segment as PROT_* of its pages.
#pragma once

#include <elf.h>
#include <sys/mman.h>

#include <cstdint>

namespace inmem::elf {

constexpr int ProtectionOf(std::uint32_t segment_flags) {
  return ((segment_flags & PF_R) != 0 ? PROT_READ : PROT_NONE) |
         ((segment_flags & PF_W) != 0 ? PROT_WRITE : PROT_NONE) |
         ((segment_flags & PF_X) != 0 ? PROT_EXEC : PROT_NONE);
}

}  // namespace inmem::elf
