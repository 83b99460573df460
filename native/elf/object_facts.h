// native/elf/object_facts.h: what an audit asks of an ELF file, whatever
// machine it is for.
//
// ElfFile refuses what this process cannot load; here a refusal is one of the
// facts, and what the header tells stands beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace inmem::elf {

struct ObjectFacts {
  std::string elf_class;  // "ELFCLASS64"
  std::string data;       // "ELFDATA2LSB"
  std::string machine;    // "EM_X86_64"
  std::string type;       // "ET_DYN"
  // Why nothing follows: another machine, or not well-formed. kOk: it does.
  Status problem;

  // A program without a dynamic table: it needs nothing of anybody.
  bool static_program = false;
  std::string interpreter;  // PT_INTERP; "" where there is none
  std::string soname;
  std::optional<std::string> rpath, runpath;
  std::vector<std::string> needed;
  struct VersionNeed {
    std::string file, version;
    bool weak = false;
  };
  std::vector<VersionNeed> version_needs;
  std::vector<std::string> version_definitions;
  // What a Python asks for by name to make a module: PyInit_x, initx and
  // _cffi_pypyinit_x, as they stand.
  std::vector<std::string> module_entries;
  // Names, a line each: references that must be bound (not weak), and what
  // others may bind to.
  std::string undefined, defined;
  bool executable_stack = false;
  bool text_relocations = false;
  std::string build_id;  // hexadecimal
  // GNU_PROPERTY_X86_ISA_1_NEEDED; 0 where it is not said.
  std::uint32_t x86_isa_needed = 0;

  // What mapped loading would copy and map (map_plan.h); where it refuses, why.
  std::uint64_t copied_bytes = 0;
  std::uint64_t mapped_bytes = 0;
  std::string map_refusal;
};

// Whether these are the first bytes of an ELF file.
bool HasElfMagic(std::span<const std::byte> bytes);

// Takes: `bytes` (foreign) of a file with the magic; `label` for messages.
ObjectFacts ReadObjectFacts(std::span<const std::byte> bytes,
                            std::string_view label);

}  // namespace inmem::elf
