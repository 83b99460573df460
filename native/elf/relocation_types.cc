// native/elf/relocation_types.cc: what each machine's relocations are.
//
// Those that glibc's dl-machine.h of the machine knows, but for COPY: it is an
// executable's alone.
#include "elf/relocations.h"

namespace inmem::elf {
namespace {

constexpr std::uint64_t kWord = sizeof(Elf64_Addr);

RelocationKind KindOnX86(std::uint32_t type) {
  switch (type) {
    case R_X86_64_NONE:
      return RelocationKind::kNone;
    case R_X86_64_RELATIVE:
    case R_X86_64_RELATIVE64:
      return RelocationKind::kRelative;
    case R_X86_64_IRELATIVE:
      return RelocationKind::kIRelative;
    case R_X86_64_64:
    case R_X86_64_32:
    case R_X86_64_PC32:
    case R_X86_64_GLOB_DAT:
    case R_X86_64_JUMP_SLOT:
    case R_X86_64_SIZE32:
    case R_X86_64_SIZE64:
      return RelocationKind::kSymbolic;
    case R_X86_64_DTPMOD64:
    case R_X86_64_DTPOFF64:
    case R_X86_64_TPOFF64:
      return RelocationKind::kTls;
    case R_X86_64_TLSDESC:
      return RelocationKind::kTlsDescriptor;
    default:
      return RelocationKind::kUnknown;
  }
}

RelocationKind KindOnAarch64(std::uint32_t type) {
  switch (type) {
    case R_AARCH64_NONE:
      return RelocationKind::kNone;
    case R_AARCH64_RELATIVE:
      return RelocationKind::kRelative;
    case R_AARCH64_IRELATIVE:
      return RelocationKind::kIRelative;
    case R_AARCH64_ABS64:
    case R_AARCH64_ABS32:
    case R_AARCH64_GLOB_DAT:
    case R_AARCH64_JUMP_SLOT:
      return RelocationKind::kSymbolic;
    case R_AARCH64_TLS_DTPMOD:
    case R_AARCH64_TLS_DTPREL:
    case R_AARCH64_TLS_TPREL:
      return RelocationKind::kTls;
    case R_AARCH64_TLSDESC:
      return RelocationKind::kTlsDescriptor;
    default:
      return RelocationKind::kUnknown;
  }
}

}  // namespace

RelocationKind KindOf(std::uint16_t machine, std::uint32_t type) {
  switch (machine) {
    case EM_X86_64:
      return KindOnX86(type);
    case EM_AARCH64:
      return KindOnAarch64(type);
    default:
      return RelocationKind::kUnknown;
  }
}

std::uint64_t SlotSize(std::uint16_t machine, std::uint32_t type) {
  const bool half = machine == EM_X86_64
                        // glibc writes SIZE32 as a whole word.
                        ? type == R_X86_64_32 || type == R_X86_64_PC32
                        : false;
  switch (KindOf(machine, type)) {
    case RelocationKind::kUnknown:
    case RelocationKind::kNone:
      return 0;
    case RelocationKind::kTlsDescriptor:
      return 2 * kWord;
    default:
      return half ? kWord / 2 : kWord;
  }
}

bool IsPlain(std::uint16_t machine, std::uint32_t type) {
  if (machine == EM_X86_64) {
    return type == R_X86_64_NONE || type == R_X86_64_RELATIVE ||
           type == R_X86_64_64 || type == R_X86_64_GLOB_DAT ||
           type == R_X86_64_JUMP_SLOT || type == R_X86_64_DTPMOD64 ||
           type == R_X86_64_DTPOFF64;
  }
  return machine == EM_AARCH64 &&
         (type == R_AARCH64_NONE || type == R_AARCH64_RELATIVE ||
          type == R_AARCH64_ABS64 || type == R_AARCH64_GLOB_DAT ||
          type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_TLS_DTPMOD ||
          type == R_AARCH64_TLS_DTPREL);
}

}  // namespace inmem::elf
