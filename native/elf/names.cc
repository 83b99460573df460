// native/elf/names.cc: the specification's names for numbers in messages.
#include "elf/names.h"

#include <elf.h>

#include <charconv>

#include "elf/elf_file.h"

namespace inmem::elf {

std::string Hex(std::uint64_t value) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  return "0x" + std::string(digits, end);
}

std::string MachineName(std::uint16_t e_machine) {
  switch (e_machine) {
    case EM_NONE:
      return "EM_NONE";
    case EM_386:
      return "EM_386";
    case EM_X86_64:
      return "EM_X86_64";
    case EM_ARM:
      return "EM_ARM";
    case EM_AARCH64:
      return "EM_AARCH64";
    case EM_PPC:
      return "EM_PPC";
    case EM_PPC64:
      return "EM_PPC64";
    case EM_S390:
      return "EM_S390";
    case EM_RISCV:
      return "EM_RISCV";
    case EM_MIPS:
      return "EM_MIPS";
    case EM_SPARCV9:
      return "EM_SPARCV9";
    case 258:  // newer than glibc 2.35's elf.h
      return "EM_LOONGARCH";
    default:
      return std::to_string(e_machine);
  }
}

std::string TypeName(std::uint16_t e_type) {
  switch (e_type) {
    case ET_NONE:
      return "ET_NONE";
    case ET_REL:
      return "ET_REL";
    case ET_EXEC:
      return "ET_EXEC";
    case ET_DYN:
      return "ET_DYN";
    case ET_CORE:
      return "ET_CORE";
    default:
      return std::to_string(e_type);
  }
}

std::string ClassName(std::uint8_t ei_class) {
  switch (ei_class) {
    case ELFCLASS32:
      return "ELFCLASS32";
    case ELFCLASS64:
      return "ELFCLASS64";
    default:
      return std::to_string(ei_class);
  }
}

std::string DataName(std::uint8_t ei_data) {
  switch (ei_data) {
    case ELFDATA2LSB:
      return "ELFDATA2LSB";
    case ELFDATA2MSB:
      return "ELFDATA2MSB";
    default:
      return std::to_string(ei_data);
  }
}

std::string OsAbiName(std::uint8_t ei_osabi) {
  switch (ei_osabi) {
    case ELFOSABI_NONE:
      return "ELFOSABI_NONE";
    case ELFOSABI_GNU:
      return "ELFOSABI_GNU";
    case ELFOSABI_FREEBSD:
      return "ELFOSABI_FREEBSD";
    case ELFOSABI_NETBSD:
      return "ELFOSABI_NETBSD";
    case ELFOSABI_OPENBSD:
      return "ELFOSABI_OPENBSD";
    case ELFOSABI_SOLARIS:
      return "ELFOSABI_SOLARIS";
    default:
      return std::to_string(ei_osabi);
  }
}

std::string SegmentTypeName(std::uint32_t p_type) {
  switch (p_type) {
    case PT_LOAD:
      return "PT_LOAD";
    case PT_DYNAMIC:
      return "PT_DYNAMIC";
    case PT_NOTE:
      return "PT_NOTE";
    case PT_PHDR:
      return "PT_PHDR";
    case PT_TLS:
      return "PT_TLS";
    case PT_GNU_RELRO:
      return "PT_GNU_RELRO";
    case kPtGnuProperty:
      return "PT_GNU_PROPERTY";
    default:
      return Hex(p_type);
  }
}

}  // namespace inmem::elf
