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

// The types of this processor. Not among them, since the dynamic linker has set
// memory aside for it: thread-local variables by offset from the thread pointer
// or by descriptor. Source: the psABI supplements of x86-64 and aarch64.
struct RelocationTypes {
  std::uint32_t word;      // a whole one, in data
  std::uint32_t glob_dat;  // an entry of the GOT
  std::uint32_t jump_slot;
  SlotKind got_slot;  // what the last two are
  std::uint32_t tls_module;
  std::uint32_t tls_offset;
  std::uint32_t relative;
};

#if defined(__x86_64__)
inline constexpr RelocationTypes kTypes = {
    .word = R_X86_64_64,
    .glob_dat = R_X86_64_GLOB_DAT,
    .jump_slot = R_X86_64_JUMP_SLOT,
    .got_slot = SlotKind::kAddress,
    .tls_module = R_X86_64_DTPMOD64,
    .tls_offset = R_X86_64_DTPOFF64,
    .relative = R_X86_64_RELATIVE,
};
#elif defined(__aarch64__)
inline constexpr RelocationTypes kTypes = {
    .word = R_AARCH64_ABS64,
    .glob_dat = R_AARCH64_GLOB_DAT,
    .jump_slot = R_AARCH64_JUMP_SLOT,
    .got_slot = SlotKind::kAddressPlusAddend,
    .tls_module = R_AARCH64_TLS_DTPMOD,
    .tls_offset = R_AARCH64_TLS_DTPREL,
    .relative = R_AARCH64_RELATIVE,
};
#else
#error "no relocation types of this processor"
#endif

constexpr SlotKind SlotKindOf(std::uint32_t type) {
  switch (type) {
    case kTypes.word:
      return SlotKind::kAddressPlusAddend;
    case kTypes.glob_dat:
    case kTypes.jump_slot:
      return kTypes.got_slot;
    case kTypes.tls_module:
      return SlotKind::kTlsModule;
    case kTypes.tls_offset:
      return SlotKind::kTlsOffset;
    default:
      return SlotKind::kOther;
  }
}

// Whether the base and the addend are all that is written.
constexpr bool IsRelative(std::uint32_t type) {
  return type == kTypes.relative;
}

// Whether it is for calls alone, for which the address that a program gives out
// for a function of a library does not count.
constexpr bool IsCall(std::uint32_t type) { return type == kTypes.jump_slot; }

}  // namespace inmem::loader
