// native/elf/names.h: the specification's names for numbers in messages.
#pragma once

#include <cstdint>
#include <string>

namespace inmem::elf {

// "EM_X86_64"; the bare number where it has no name here.
std::string MachineName(std::uint16_t e_machine);
std::string TypeName(std::uint16_t e_type);         // "ET_DYN"
std::string ClassName(std::uint8_t ei_class);       // "ELFCLASS64"
std::string DataName(std::uint8_t ei_data);         // "ELFDATA2LSB"
std::string OsAbiName(std::uint8_t ei_osabi);       // "ELFOSABI_GNU"
std::string SegmentTypeName(std::uint32_t p_type);  // "PT_LOAD"
std::string Hex(std::uint64_t value);               // "0x1f"

}  // namespace inmem::elf
