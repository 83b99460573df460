// native/elf/elf_file.h: a shared object's bytes, read and verified.
//
// Technical note. An ELF file has two faces: sections (for link editors) and
// segments (for the dynamic linker). Only segments count here, since wheels may
// be stripped of sections and ld.so never looks at them:
//
//   Ehdr -> Phdr[]  PT_LOAD    file range  -> address range
//                   PT_DYNAMIC address range of Dyn[]
//   Dyn[]           DT_STRTAB  address of the strings
//                   DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH: offsets in them
//                   DT_SYMTAB  address of Sym[]; its length is not said, it
//                              follows from DT_HASH or DT_GNU_HASH
//                   DT_VERNEED address of the chain of needed versions
//
// Addresses are turned into file ranges through PT_LOAD. Everything is first
// read, then verified; whatever a function of ElfFile returns has been checked
// against the file, so callers index without fear. Byte order: little-endian.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace inmem::elf {

// EM_* of the processor this code is compiled for.
#if defined(__x86_64__)
inline constexpr std::uint16_t kHostMachine = EM_X86_64;
#elif defined(__aarch64__)
inline constexpr std::uint16_t kHostMachine = EM_AARCH64;
#else
inline constexpr std::uint16_t kHostMachine = EM_NONE;
#endif

// One DT_NEEDED.
struct Need {
  std::string_view name;
  std::uint64_t name_offset_bytes = 0;  // of the name, from the file's start
  std::uint64_t dyn_offset_bytes = 0;   // of the Elf64_Dyn, ditto
};

// One version that is asked of a needed library (Elf64_Vernaux).
struct VersionNeed {
  std::string_view file;                // the library's soname
  std::uint64_t file_offset_bytes = 0;  // of that name, from the file's start
  std::string_view version;             // such as "GLIBC_2.28"
  bool weak = false;                    // VER_FLG_WEAK
};

// One record of the dynamic symbol table.
struct Symbol {
  std::string_view name;
  std::uint64_t value = 0;
  std::uint64_t size_bytes = 0;
  std::uint16_t shndx = 0;
  std::uint8_t bind = 0;        // STB_*
  std::uint8_t type = 0;        // STT_*
  std::uint8_t visibility = 0;  // STV_*
  bool defined() const { return shndx != SHN_UNDEF; }
};

// Views borrow from the bytes given to Parse, which must outlive this.
// Threads: const members may be called concurrently.
class ElfFile {
 public:
  // Reads and verifies header, program headers, dynamic table, its strings and
  // the needed versions. Symbols are verified when they are asked for.
  // Takes:  `bytes` (foreign); `label`, what messages call the file, such as
  //         "/a/app.pyz!/pkg/x.so"; the only machine (EM_*) that is accepted.
  // Errors: kWrongMachine (class, byte order, OS ABI, e_machine), kBadElf.
  static Result<ElfFile> Parse(std::span<const std::byte> bytes,
                               std::string_view label,
                               std::uint16_t machine = kHostMachine);

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::string& label() const { return label_; }
  const Elf64_Ehdr& header() const { return ehdr_; }
  const std::vector<Elf64_Phdr>& program_headers() const { return phdrs_; }
  // Without the closing DT_NULL.
  const std::vector<Elf64_Dyn>& dynamic() const { return dynamic_; }

  const std::vector<Need>& needs() const { return needs_; }
  const std::vector<VersionNeed>& version_needs() const {
    return version_needs_;
  }
  std::string_view soname() const { return soname_; }  // "" where there is none
  std::optional<std::string_view> rpath() const { return rpath_; }
  std::optional<std::string_view> runpath() const { return runpath_; }
  std::uint64_t flags() const { return Value(DT_FLAGS).value_or(0); }
  std::uint64_t flags_1() const { return Value(DT_FLAGS_1).value_or(0); }

  // d_val or d_ptr of the first entry with this tag.
  std::optional<std::uint64_t> Value(std::int64_t tag) const;

  // Where [address, address + size_bytes) lies in the file; nullopt where no
  // single PT_LOAD holds it in its file part, or on overflow.
  std::optional<std::uint64_t> FileOffset(std::uint64_t address,
                                          std::uint64_t size_bytes) const;

  // Number of dynamic symbols, the null symbol included; 0 without a hash
  // table. Errors: kBadElf.
  Result<std::uint64_t> SymbolCount() const;

  // All dynamic symbols but the null symbol. Errors: kBadElf.
  Result<std::vector<Symbol>> Symbols() const;

  // Whether a non-local symbol of this name is defined here; false also where
  // the symbol table is bad. Linear: for messages and fallbacks.
  bool Defines(std::string_view name) const;

 private:
  friend class Parser;
  ElfFile() = default;

  // The string at `offset` of DT_STRTAB.
  Result<std::string_view> String(std::uint64_t offset,
                                  std::string_view what) const;
  Result<std::uint64_t> SysvSymbolCount(std::uint64_t table) const;
  Result<std::uint64_t> GnuSymbolCount(std::uint64_t table) const;
  Status Bad(const std::string& found, const std::string& expected) const;

  std::span<const std::byte> bytes_;
  std::string label_;
  Elf64_Ehdr ehdr_{};
  std::vector<Elf64_Phdr> phdrs_;
  std::vector<Elf64_Dyn> dynamic_;
  std::uint64_t dynamic_offset_ = 0;
  std::uint64_t strings_offset_ = 0;
  std::span<const std::byte> strings_;
  std::vector<Need> needs_;
  std::vector<VersionNeed> version_needs_;
  std::string_view soname_;
  std::optional<std::string_view> rpath_;
  std::optional<std::string_view> runpath_;
};

}  // namespace inmem::elf
