// native/loader/relocation_kind.h: what the dynamic linker writes into a slot.
// Private to the layer.
#pragma once

#include <elf.h>

#include <cstdint>

namespace inmem::loader {

enum class SlotKind : std::uint8_t {
  kAddress,            // the symbol's address
  kAddressPlusAddend,  // the same, and r_addend
  kTlsModule,          // number of the module that has the variable
  kTlsOffset,          // the variable's offset there, and r_addend
  kOther               // no symbol, or nothing that could be changed later
};

// Of a relocation type of this processor. Not listed, since the dynamic linker
// has set memory aside for it: thread-local variables by offset from the thread
// pointer or by descriptor. Source: the psABI supplements of x86-64 and
// aarch64.
inline SlotKind SlotKindOf(std::uint32_t type) {
  switch (type) {
#if defined(__x86_64__)
    case R_X86_64_64:
      return SlotKind::kAddressPlusAddend;
    case R_X86_64_GLOB_DAT:
    case R_X86_64_JUMP_SLOT:
      return SlotKind::kAddress;
    case R_X86_64_DTPMOD64:
      return SlotKind::kTlsModule;
    case R_X86_64_DTPOFF64:
      return SlotKind::kTlsOffset;
#elif defined(__aarch64__)
    case R_AARCH64_ABS64:
    case R_AARCH64_GLOB_DAT:
    case R_AARCH64_JUMP_SLOT:
      return SlotKind::kAddressPlusAddend;
    case R_AARCH64_TLS_DTPMOD:
      return SlotKind::kTlsModule;
    case R_AARCH64_TLS_DTPREL:
      return SlotKind::kTlsOffset;
#endif
    default:
      return SlotKind::kOther;
  }
}

// Whether the base and the addend are all that is written.
inline bool IsRelative(std::uint32_t type) {
#if defined(__x86_64__)
  return type == R_X86_64_RELATIVE;
#elif defined(__aarch64__)
  return type == R_AARCH64_RELATIVE;
#else
  return false;
#endif
}

// Whether it is for calls alone, for which the address that a program gives out
// for a function of a library does not count.
inline bool IsCall(std::uint32_t type) {
#if defined(__x86_64__)
  return type == R_X86_64_JUMP_SLOT;
#elif defined(__aarch64__)
  return type == R_AARCH64_JUMP_SLOT;
#else
  return false;
#endif
}

}  // namespace inmem::loader
