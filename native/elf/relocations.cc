// native/elf/relocations.cc: DT_RELA, DT_JMPREL and DT_RELR, verified.
#include "elf/relocations.h"

#include <algorithm>
#include <bit>
#include <string>

#include "base/checked.h"
#include "elf/bytes.h"
#include "elf/names.h"

namespace inmem::elf {
namespace {

constexpr std::uint64_t kWord = sizeof(Elf64_Addr);

bool IsTls(RelocationKind kind) {
  return kind == RelocationKind::kTls || kind == RelocationKind::kTlsDescriptor;
}

// Whether ld.so looks a symbol up for it.
bool IsLookup(const Relocation& relocation, RelocationKind kind) {
  return relocation.symbol != STN_UNDEF &&
         (kind == RelocationKind::kSymbolic || IsTls(kind));
}

}  // namespace

RelocationReader::RelocationReader(const ElfFile& file) : file_(file) {
  const bool is_x86 = file.header().e_machine == EM_X86_64;
  relative_ = is_x86 ? R_X86_64_RELATIVE : R_AARCH64_RELATIVE;
  if (is_x86) {
    symbol_words_ =
        1U << R_X86_64_64 | 1U << R_X86_64_GLOB_DAT | 1U << R_X86_64_JUMP_SLOT;
  }
}

Relocation RelocationReader::Load(std::uint64_t offset) const {
  const auto rela = LoadAt<Elf64_Rela>(file_.bytes_, offset);
  return {rela.r_offset, static_cast<std::uint32_t>(ELF64_R_TYPE(rela.r_info)),
          static_cast<std::uint32_t>(ELF64_R_SYM(rela.r_info)), rela.r_addend};
}

Result<FileRange> RelocationReader::Table(std::int64_t tag,
                                          std::int64_t size_tag,
                                          std::int64_t entry_tag,
                                          std::uint64_t entry_bytes,
                                          const char* name) const {
  const auto address = file_.Value(tag);
  if (!address) return FileRange{};
  const auto size = file_.Value(size_tag);
  const auto entry = file_.Value(entry_tag);
  const std::string what = name;
  if (!size) return file_.Bad(what + " without " + what + "SZ", "one");
  // ld.so asserts this, and reads the entry without looking whether it is
  // there.
  if (!entry) return file_.Bad(what + " without " + what + "ENT", "one");
  if (*entry != entry_bytes) {
    return file_.Bad(what + "ENT " + std::to_string(*entry),
                     std::to_string(entry_bytes));
  }
  if (*size % entry_bytes != 0) {
    return file_.Bad(what + "SZ " + Hex(*size),
                     "a multiple of " + std::to_string(entry_bytes));
  }
  // "With DT_RELR, DT_RELA can have zero value", says glibc.
  if (*size == 0) return FileRange{};
  const auto offset = file_.FileOffset(*address, *size);
  if (!offset) {
    return file_.Bad(
        what + " " + Hex(*address) + " + " + what + "SZ " + Hex(*size),
        "within the file part of one PT_LOAD");
  }
  return FileRange{*offset, *size};
}

Result<FileRange> RelocationReader::JmpRel(FileRange& rela) const {
  const auto kind = file_.Value(DT_PLTREL);
  const auto address = file_.Value(DT_JMPREL);
  const auto size = file_.Value(DT_PLTRELSZ);
  if (!kind && !address) return FileRange{};
  // ld.so goes by DT_PLTREL and takes the others for granted.
  if (!kind) return file_.Bad("DT_JMPREL without DT_PLTREL", "one");
  if (*kind != DT_RELA) {
    return file_.Bad("DT_PLTREL " + std::to_string(*kind),
                     "DT_RELA " + std::to_string(DT_RELA));
  }
  if (!address) return file_.Bad("DT_PLTREL without DT_JMPREL", "one");
  if (!size) return file_.Bad("DT_PLTREL without DT_PLTRELSZ", "one");
  if (*size % sizeof(Elf64_Rela) != 0) {
    return file_.Bad("DT_PLTRELSZ " + Hex(*size),
                     "a multiple of " + std::to_string(sizeof(Elf64_Rela)));
  }
  if (*size == 0) return FileRange{};
  const auto offset = file_.FileOffset(*address, *size);
  if (!offset) {
    return file_.Bad(
        "DT_JMPREL " + Hex(*address) + " + DT_PLTRELSZ " + Hex(*size),
        "within the file part of one PT_LOAD");
  }
  // The end of DT_RELA's range? Then it is taken out of that one.
  if (rela.size_bytes >= *size &&
      file_.Value(DT_RELA).value_or(0) + rela.size_bytes == *address + *size) {
    rela.size_bytes -= *size;
  }
  return FileRange{*offset, *size};
}

// ld.so writes its own address and that of its resolver there.
Status RelocationReader::VerifyPltGot() const {
  const auto got = file_.Value(DT_PLTGOT);
  if (!got) {
    // Needed only where calls may be bound late.
    if (file_.bind_now()) return Status::Ok();
    return file_.Bad("DT_JMPREL without DT_PLTGOT", "one");
  }
  if (file_.LoadSegmentOf(*got, 3 * kWord, PF_W) == nullptr) {
    return file_.Bad("DT_PLTGOT " + Hex(*got),
                     "three words within one writable PT_LOAD");
  }
  return CheckSlot(*got, 3 * kWord);
}

Result<RelocationTables> RelocationReader::Tables() const {
  RelocationTables tables;
  auto rela =
      Table(DT_RELA, DT_RELASZ, DT_RELAENT, sizeof(Elf64_Rela), "DT_RELA");
  if (!rela.ok()) return rela.status();
  tables.rela = rela.value();
  auto jmprel = JmpRel(tables.rela);
  if (!jmprel.ok()) return jmprel.status();
  tables.jmprel = jmprel.value();
  auto relr = Table(kDtRelr, kDtRelrsz, kDtRelrent, kWord, "DT_RELR");
  if (!relr.ok()) return relr.status();
  tables.relr = relr.value();
  if (file_.Value(DT_REL)) {
    return file_.Bad("DT_REL", "DT_RELA: the machine has no other");
  }
  // Without DT_RELA nobody asks for the count.
  if (file_.Value(DT_RELA).value_or(0) != 0) {
    tables.relative_count = file_.Value(DT_RELACOUNT).value_or(0);
  }
  if (tables.relative_count > tables.rela.size_bytes / sizeof(Elf64_Rela)) {
    return file_.Bad(
        "DT_RELACOUNT " + std::to_string(tables.relative_count),
        "at most the number of entries, " +
            std::to_string(tables.rela.size_bytes / sizeof(Elf64_Rela)));
  }
  return tables;
}

Result<std::uint32_t> RelocationReader::LastSymbol() const {
  const auto tables = Tables();
  if (!tables.ok()) return tables.status();
  std::uint32_t last = 0;
  for (const FileRange& table : {tables.value().rela, tables.value().jmprel}) {
    for (std::uint64_t at = 0; at < table.size_bytes;
         at += sizeof(Elf64_Rela)) {
      last = std::max(last, Load(table.offset_bytes + at).symbol);
    }
  }
  return last;
}

Status RelocationReader::CheckSlot(std::uint64_t address,
                                   std::uint64_t size_bytes) const {
  const bool same = last_segment_ != nullptr &&
                    address >= last_segment_->p_vaddr &&
                    RangeFits(address - last_segment_->p_vaddr, size_bytes,
                              last_segment_->p_memsz);
  if (!same) {
    last_segment_ = file_.LoadSegmentOf(address, size_bytes, 0);
    FindTablesIn(last_segment_);
  }
  if (last_segment_ == nullptr) {
    return file_.Bad("relocation of " + std::to_string(size_bytes) +
                         " bytes at " + Hex(address),
                     "within the memory part of one PT_LOAD");
  }
  // ld.so makes them writable for the time only where it is told to.
  if ((last_segment_->p_flags & PF_W) == 0 && !file_.text_relocations()) {
    return file_.Bad(
        "relocation at " + Hex(address) + " in a read-only PT_LOAD",
        "DT_TEXTREL, or a writable one");
  }
  for (const FileRange& table : tables_in_segment_) {
    if (address < table.offset_bytes + table.size_bytes &&
        table.offset_bytes < address + size_bytes) {
      return file_.Bad(
          "relocation at " + Hex(address) + " in a table that is being read",
          "a slot of its own");
    }
  }
  return Status::Ok();
}

// What ld.so reads again after it has begun to write, by address. Mostly that
// is the dynamic table alone: the others are in read-only segments.
void RelocationReader::FindTablesIn(const Elf64_Phdr* segment) const {
  tables_in_segment_.clear();
  tables_begin_ = tables_end_ = 0;
  if (segment == nullptr) return;
  const ElfFile::Tables& all = file_.tables_;
  std::vector<FileRange> ranges{
      {file_.dynamic_offset_, (file_.dynamic_.size() + 1) * sizeof(Elf64_Dyn)},
      all.strings,
      all.symbols,
      all.sysv_hash,
      all.gnu_hash,
      all.symbol_versions,
      all.version_needs,
      all.version_definitions};
  if (const auto tables = Tables(); tables.ok()) {
    ranges.insert(ranges.end(), {tables.value().rela, tables.value().jmprel,
                                 tables.value().relr});
  }
  for (const FileRange& range : ranges) {
    const std::uint64_t begin = std::max(range.offset_bytes, segment->p_offset);
    const std::uint64_t end = std::min(range.offset_bytes + range.size_bytes,
                                       segment->p_offset + segment->p_filesz);
    if (begin >= end) continue;
    const std::uint64_t address = begin - segment->p_offset + segment->p_vaddr;
    const bool first = tables_in_segment_.empty();
    tables_in_segment_.push_back({address, end - begin});
    tables_begin_ = first ? address : std::min(tables_begin_, address);
    tables_end_ = std::max(tables_end_, address + end - begin);
  }
}

Status RelocationReader::CheckEntry(const Relocation& relocation,
                                    bool must_be_relative) const {
  const std::uint16_t machine = file_.header().e_machine;
  const RelocationKind kind = KindOf(machine, relocation.type);
  if (kind == RelocationKind::kUnknown) {
    return file_.Bad("relocation type " + std::to_string(relocation.type) +
                         " at " + Hex(relocation.address),
                     "one of " + MachineName(machine) + "'s shared objects");
  }
  if (must_be_relative && kind != RelocationKind::kRelative) {
    return file_.Bad("relocation type " + std::to_string(relocation.type) +
                         " among the first DT_RELACOUNT",
                     "RELATIVE");
  }
  if (relocation.symbol != STN_UNDEF &&
      relocation.symbol >= file_.symbol_count_) {
    return file_.Bad(
        "relocation with symbol " + std::to_string(relocation.symbol),
        "below " + std::to_string(file_.symbol_count_) +
            ", the number of symbols");
  }
  if (kind == RelocationKind::kNone) return Status::Ok();
  if (kind == RelocationKind::kIRelative) {
    // ld.so calls it.
    const auto resolver = static_cast<std::uint64_t>(relocation.addend);
    if (file_.LoadSegmentOf(resolver, 1, PF_X) == nullptr) {
      return file_.Bad("IRELATIVE resolver at " + Hex(resolver),
                       "within an executable PT_LOAD");
    }
  }
  return CheckSlot(relocation.address, SlotSize(machine, relocation.type));
}

// From now on words from there to the end of the segment, or to the tables in
// it, need no other look.
void RelocationReader::NoteClear(std::uint64_t address) const {
  clear_begin_ = clear_count_ = 0;
  if (last_segment_ == nullptr || (last_segment_->p_flags & PF_W) == 0) return;
  std::uint64_t begin = last_segment_->p_vaddr;
  std::uint64_t end = begin + last_segment_->p_memsz;
  if (!tables_in_segment_.empty()) {
    if (address >= tables_end_) {
      begin = std::max(begin, tables_end_);
    } else {
      end = std::min(end, tables_begin_);
    }
  }
  if (end < begin + kWord) return;
  clear_begin_ = begin;
  clear_count_ = end - begin - kWord + 1;
}

// Nearly all are of these two kinds: RELATIVE, and the address of a symbol.
bool RelocationReader::CountCommon(const Elf64_Rela& rela,
                                   bool must_be_relative,
                                   RelocationCounts& counts) const {
  if (rela.r_offset - clear_begin_ >= clear_count_) return false;
  if (rela.r_info == relative_) {
    ++counts.relative;
    return true;
  }
  const std::uint64_t type = ELF64_R_TYPE(rela.r_info);
  const std::uint64_t symbol = ELF64_R_SYM(rela.r_info);
  if (must_be_relative || type >= 64 || (symbol_words_ >> type & 1) == 0 ||
      symbol >= file_.symbol_count_) {
    return false;
  }
  if (symbol != STN_UNDEF) ++counts.symbolic;
  return true;
}

Result<std::uint64_t> RelocationReader::CheckRelr(
    const FileRange& table) const {
  constexpr std::uint64_t kBits = 63;
  std::uint64_t slots = 0;
  std::optional<std::uint64_t> next;  // that a bitmap begins with
  for (std::uint64_t at = 0; at < table.size_bytes; at += kWord) {
    const auto word =
        LoadAt<std::uint64_t>(file_.bytes_, table.offset_bytes + at);
    if ((word & 1) == 0) {
      if (Status status = CheckSlot(word, kWord); !status.ok()) return status;
      next = word + kWord;
      ++slots;
      continue;
    }
    if (!next)
      return file_.Bad("DT_RELR that begins with a bitmap", "an address");
    for (std::uint64_t bits = word >> 1; bits != 0; bits &= bits - 1) {
      const auto bit = static_cast<std::uint64_t>(std::countr_zero(bits));
      // Below 2^47 for as long as slots fit; wraps into a refusal after that.
      if (Status status = CheckSlot(*next + bit * kWord, kWord); !status.ok()) {
        return status;
      }
      ++slots;
    }
    *next += kBits * kWord;
  }
  return slots;
}

Result<RelocationCounts> RelocationReader::Check() const {
  const auto tables = Tables();
  if (!tables.ok()) return tables.status();
  if (file_.Value(DT_PLTREL)) {
    if (Status status = VerifyPltGot(); !status.ok()) return status;
  }
  const std::uint16_t machine = file_.header().e_machine;
  RelocationCounts counts;
  counts.text = file_.text_relocations();
  std::uint64_t must_be_relative = tables.value().relative_count;
  for (const FileRange& table : {tables.value().rela, tables.value().jmprel}) {
    for (std::uint64_t at = 0; at < table.size_bytes;
         at += sizeof(Elf64_Rela)) {
      const bool relative = must_be_relative > 0;
      if (relative) --must_be_relative;
      const auto rela =
          LoadAt<Elf64_Rela>(file_.bytes_, table.offset_bytes + at);
      if (CountCommon(rela, relative, counts)) continue;
      const Relocation relocation = Load(table.offset_bytes + at);
      if (Status status = CheckEntry(relocation, relative); !status.ok()) {
        return status;
      }
      NoteClear(relocation.address);
      const RelocationKind kind = KindOf(machine, relocation.type);
      if (kind == RelocationKind::kRelative) ++counts.relative;
      if (kind == RelocationKind::kIRelative) ++counts.irelative;
      if (IsTls(kind)) ++counts.tls;
      if (!IsPlain(machine, relocation.type)) ++counts.special;
      if (IsLookup(relocation, kind)) ++counts.symbolic;
    }
  }
  const auto relr = CheckRelr(tables.value().relr);
  if (!relr.ok()) return relr.status();
  counts.relr = relr.value();
  return counts;
}

Result<RelocationCounts> ElfFile::CheckRelocations() const {
  return RelocationReader(*this).Check();
}

}  // namespace inmem::elf
