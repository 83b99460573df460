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
//                   DT_VERDEF  address of the chain of defined versions
//                   DT_VERSYM  address of one version index for each Sym
//                   DT_RELA, DT_JMPREL, DT_RELR: see relocations.h
//
// Addresses are turned into file ranges through PT_LOAD. Everything is first
// read, then verified; whatever a function of ElfFile returns has been checked
// against the file, so callers index without fear. Byte order: little-endian.
//
// ld.so itself checks little: it follows these addresses in memory, aborts the
// process by assert where sizes are odd, and takes the last entry where a tag
// stands twice. So Parse and CheckRelocations together promise that ld.so
// reads and writes inside the object only, and meets none of its assertions.
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

// Newer than the elf.h of glibc 2.28, which Node's own builds have.
inline constexpr std::uint32_t kPtGnuProperty = 0x6474e553;
inline constexpr std::int64_t kDtRelrsz = 35;
inline constexpr std::int64_t kDtRelr = 36;
inline constexpr std::int64_t kDtRelrent = 37;

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
  bool hidden = false;                  // bit 15 of vna_other
  std::uint16_t index = 0;              // vna_other without that bit
};

// One version that is defined here (Elf64_Verdef).
struct VersionDefinition {
  std::string_view name;    // for VER_FLG_BASE the file's; empty if ill-hashed
  std::uint16_t index = 0;  // vd_ndx without bit 15
  std::uint16_t flags = 0;  // VER_FLG_*
};

// One relocation of DT_RELA or DT_JMPREL.
struct Relocation {
  std::uint64_t address = 0;  // of the slot
  std::uint32_t type = 0;     // R_*
  std::uint32_t symbol = 0;   // index; 0 is none
  std::int64_t addend = 0;
};

struct RelocationCounts {
  std::uint64_t relative = 0;  // of DT_RELA and DT_JMPREL
  std::uint64_t symbolic = 0;  // those that a symbol is looked up for
  std::uint64_t tls = 0;       // of these and of others: those about TLS
  std::uint64_t irelative = 0;
  std::uint64_t special = 0;  // all but plain ones, see IsPlain
  std::uint64_t relr = 0;     // slots that DT_RELR tells
  bool text = false;  // DT_TEXTREL: some slots are in read-only segments
};

// What runs when the object is loaded, by address.
struct Constructors {
  std::optional<std::uint64_t> init;  // DT_INIT
  std::uint64_t array = 0;            // DT_INIT_ARRAY
  std::uint64_t array_count = 0;
};

// Bytes [offset_bytes, offset_bytes + size_bytes) of the file.
struct FileRange {
  std::uint64_t offset_bytes = 0;
  std::uint64_t size_bytes = 0;
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
  // Reads and verifies all but the relocations: header, program headers,
  // dynamic table and its strings, hash tables, symbols, versions,
  // constructors and destructors.
  // Takes:  `bytes` (foreign); `label`, what messages call the file, such as
  //         "/a/app.pyz!/pkg/x.so"; the only machine (EM_*) that is accepted.
  //         With `programs` a program that is not position independent
  //         (ET_EXEC) is accepted, for those that only look.
  // Errors: kWrongMachine (class, byte order, OS ABI, e_machine), kBadElf.
  static Result<ElfFile> Parse(std::span<const std::byte> bytes,
                               std::string_view label,
                               std::uint16_t machine = kHostMachine,
                               bool programs = false);

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

  // d_val or d_ptr of the last entry with this tag: the one ld.so takes.
  std::optional<std::uint64_t> Value(std::int64_t tag) const;
  // Where the first Elf64_Dyn lies in the file.
  std::uint64_t dynamic_offset_bytes() const { return dynamic_offset_; }

  // Where [address, address + size_bytes) lies in the file; nullopt where no
  // single readable PT_LOAD holds it in its file part, or on overflow.
  std::optional<std::uint64_t> FileOffset(std::uint64_t address,
                                          std::uint64_t size_bytes) const;
  // The PT_LOAD with these PF_* that holds that range in its memory part; null
  // for none.
  const Elf64_Phdr* LoadSegmentOf(std::uint64_t address,
                                  std::uint64_t size_bytes,
                                  std::uint32_t flags = PF_R) const;

  // Number of dynamic symbols, the null symbol included: at least 1.
  std::uint64_t SymbolCount() const { return symbol_count_; }
  // All dynamic symbols but the null symbol.
  std::vector<Symbol> Symbols() const;

  // For each symbol its version index, bit 15 (hidden) included; empty without
  // DT_VERSYM.
  std::vector<std::uint16_t> SymbolVersions() const;
  const std::vector<VersionDefinition>& version_definitions() const {
    return version_definitions_;
  }

  // Verifies every relocation: tables in the file part of one PT_LOAD, entry
  // sizes, type known for the machine and fit for a shared object, symbol
  // below SymbolCount(), slot in the memory part of one PT_LOAD that ld.so can
  // write to. Errors: kBadElf.
  Result<RelocationCounts> CheckRelocations() const;

  // Verified: DT_INIT in an executable PT_LOAD, the array in one PT_LOAD.
  // DT_PREINIT_ARRAY is the program's alone; ld.so ignores it in a library.
  Constructors constructors() const;

  std::optional<Elf64_Phdr> TlsSegment() const { return Segment(PT_TLS); }
  std::optional<Elf64_Phdr> relro() const { return Segment(PT_GNU_RELRO); }
  // Of the first good NT_GNU_BUILD_ID; empty where there is none.
  std::span<const std::byte> build_id() const;
  // What PT_GNU_STACK asks for; where it is missing, the machine's default.
  bool executable_stack() const;
  // Whether it asks for all symbols to be bound when it is loaded.
  bool bind_now() const;
  bool text_relocations() const {
    return Value(DT_TEXTREL).has_value() || (flags() & DF_TEXTREL) != 0;
  }

  // --- for the planners and SymbolTable ---------------------------------
  // Where tables lie in the file; size 0 where there is none.
  struct Tables {
    FileRange strings, symbols, sysv_hash, gnu_hash, symbol_versions,
        version_needs, version_definitions;
  };
  const Tables& tables() const { return tables_; }

 private:
  friend class Parser;
  friend class RelocationReader;
  ElfFile() = default;

  // The string at `offset` of DT_STRTAB.
  Result<std::string_view> String(std::uint64_t offset,
                                  std::string_view what) const;
  std::optional<Elf64_Phdr> Segment(std::uint32_t type) const;
  // DT_INIT or DT_FINI and their arrays.
  struct CallTags {
    const char* name;
    std::int64_t call, array, array_size;
  };
  Status CheckCalls(const CallTags& tags) const;
  Status Bad(const std::string& found, const std::string& expected) const;

  std::span<const std::byte> bytes_;
  std::string label_;
  Elf64_Ehdr ehdr_{};
  std::vector<Elf64_Phdr> phdrs_;
  std::vector<Elf64_Dyn> dynamic_;
  std::uint64_t dynamic_offset_ = 0;
  std::uint64_t strings_offset_ = 0;
  std::span<const std::byte> strings_;
  std::uint64_t symbol_count_ = 1;
  Tables tables_;
  std::vector<Need> needs_;
  std::vector<VersionNeed> version_needs_;
  std::vector<VersionDefinition> version_definitions_;
  std::string_view soname_;
  std::optional<std::string_view> rpath_;
  std::optional<std::string_view> runpath_;
};

}  // namespace inmem::elf
