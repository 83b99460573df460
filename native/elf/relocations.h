// native/elf/relocations.h: DT_RELA, DT_JMPREL and DT_RELR. Mostly private.
//
// Technical note. ld.so writes to "slots" when it loads an object:
//
//   DT_RELA    24-byte entries: slot, type, symbol, addend. The first
//              DT_RELACOUNT are RELATIVE (base + addend), and ld.so asserts it.
//   DT_JMPREL  the same, for calls through the PLT; may be bound at first call.
//              It may be the very end of DT_RELA's range (or follow it), and is
//              then meant once; ld.so compares the ends, and so is done here.
//   DT_RELR    8-byte words, RELATIVE slots whose addend lies in the slot. An
//              even word is the address of a slot; an odd one a bitmap of the
//              63 words after the last slot.
//
// Source: glibc elf/dynamic-link.h, elf/do-rel.h, sysdeps/*/dl-machine.h.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "elf/elf_file.h"

namespace inmem::elf {

enum class RelocationKind : std::uint8_t {
  kUnknown,  // ld.so refuses or this is none of a shared object, as COPY
  kNone,
  kRelative,
  kIRelative,
  kSymbolic,  // an address or a size
  kTls,       // of one word
  kTlsDescriptor,
};

RelocationKind KindOf(std::uint16_t machine, std::uint32_t type);

// Bytes that ld.so writes at the slot; 0 for kNone and kUnknown.
std::uint64_t SlotSize(std::uint16_t machine, std::uint32_t type);

// Whether it needs nothing of ld.so's own but a lookup: RELATIVE, an address of
// a whole word, the module or the offset of a thread-local variable. Not one
// that has static TLS or a descriptor set aside, runs code, or may overflow.
bool IsPlain(std::uint16_t machine, std::uint32_t type);

// Entries of DT_RELA, then of DT_JMPREL where that is none of its part.
struct RelocationTables {
  FileRange rela;
  FileRange jmprel;
  FileRange relr;
  std::uint64_t relative_count = 0;  // DT_RELACOUNT
};

class RelocationReader {
 public:
  explicit RelocationReader(const ElfFile& file);

  Result<RelocationTables> Tables() const;
  // The highest symbol index that is referred to; 0 for none.
  Result<std::uint32_t> LastSymbol() const;
  Result<RelocationCounts> Check() const;

 private:
  Result<FileRange> Table(std::int64_t tag, std::int64_t size_tag,
                          std::int64_t entry_tag, std::uint64_t entry_bytes,
                          const char* name) const;
  Result<FileRange> JmpRel(FileRange& rela) const;
  Status VerifyPltGot() const;
  Status CheckEntry(const Relocation& relocation, bool must_be_relative) const;
  void NoteClear(std::uint64_t address) const;
  bool CountCommon(const Elf64_Rela& rela, bool must_be_relative,
                   RelocationCounts& counts) const;
  Status CheckSlot(std::uint64_t address, std::uint64_t size_bytes) const;
  void FindTablesIn(const Elf64_Phdr* segment) const;
  Result<std::uint64_t> CheckRelr(const FileRange& table) const;
  Relocation Load(std::uint64_t offset) const;

  const ElfFile& file_;
  std::uint64_t relative_;  // r_info of a RELATIVE one
  std::uint64_t symbol_words_ =
      0;  // types that are a symbol's address, as bits
  // Slots come in order: the segment of the last one, and what of the tables
  // lies in it, by address.
  mutable const Elf64_Phdr* last_segment_ = nullptr;
  mutable std::vector<FileRange> tables_in_segment_;
  mutable std::uint64_t tables_begin_ = 0;  // of all of them
  mutable std::uint64_t tables_end_ = 0;
  // Where a word may begin that is in a writable segment and in no table.
  mutable std::uint64_t clear_begin_ = 0;
  mutable std::uint64_t clear_count_ = 0;
};

}  // namespace inmem::elf
