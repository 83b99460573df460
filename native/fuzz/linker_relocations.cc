// native/fuzz/linker_relocations.cc: the model's relocations and lookups.
#include <algorithm>
#include <cstring>

#include "linker_model.h"

namespace inmem::fuzz {
namespace {

std::uint32_t GnuHashOf(const std::string& name) {
  std::uint32_t hash = 5381;
  for (const char c : name) hash = hash * 33 + static_cast<unsigned char>(c);
  return hash;
}

std::uint32_t ElfHashOf(const std::string& name) {
  std::uint32_t hash = 0;
  for (const char c : name) {
    hash = (hash << 4) + static_cast<unsigned char>(c);
    const std::uint32_t high = hash & 0xf0000000U;
    hash = (hash ^ (high >> 24)) & ~high;
  }
  return hash;
}

}  // namespace

// _ELF_DYNAMIC_DO_RELOC of dynamic-link.h, as if all were bound at once.
void LinkerModel::Relocate() {
  RelocateRelr();
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  std::uint64_t relative = 0;
  if (Has(DT_RELA) && Tag(DT_RELA) != 0) {
    start = Tag(DT_RELA);
    size = Tag(DT_RELASZ);
    if (Has(DT_RELACOUNT)) relative = Tag(DT_RELACOUNT);
  }
  if (Has(DT_PLTREL)) {
    const std::uint64_t plt = Tag(DT_JMPREL);
    const std::uint64_t plt_size = Tag(DT_PLTRELSZ);
    if (start == 0) start = plt;
    if (start + size == plt + plt_size) size -= plt_size;
    // What is bound late reads the same entries.
    RelocateRange(plt, plt_size, 0);
    if (plt_size > 0) {
      if (Has(DT_PLTGOT)) Write(Tag(DT_PLTGOT), 24);
    }
  }
  if (static_cast<std::int64_t>(size) > 0) {
    RelocateRange(start, size, relative);
  }
}

void LinkerModel::RelocateRange(std::uint64_t start, std::uint64_t size,
                                std::uint64_t relative) {
  for (std::uint64_t at = start; at < start + size; at += sizeof(Elf64_Rela)) {
    const auto rela = Read<Elf64_Rela>(at);
    if (relative > 0) {
      --relative;
      const auto type = ELF64_R_TYPE(rela.r_info);
      Require(ehdr_.e_machine == EM_AARCH64
                  ? type == R_AARCH64_RELATIVE
                  : type == R_X86_64_RELATIVE || type == R_X86_64_RELATIVE64);
      Write(rela.r_offset, 8);
    } else {
      RelocateOne(rela);
    }
  }
  Require(relative == 0);
}

void LinkerModel::RelocateOne(const Elf64_Rela& rela) {
  const auto type = static_cast<std::uint32_t>(ELF64_R_TYPE(rela.r_info));
  const bool arm = ehdr_.e_machine == EM_AARCH64;
  if (type == 0) return;
  const bool pair = type == (arm ? R_AARCH64_TLSDESC : R_X86_64_TLSDESC);
  const bool half = arm ? type == R_AARCH64_ABS32
                        : type == R_X86_64_32 || type == R_X86_64_PC32;
  if (type == (arm ? R_AARCH64_IRELATIVE : R_X86_64_IRELATIVE)) {
    Access(static_cast<std::uint64_t>(rela.r_addend), 1, PF_X);
  }
  const std::uint64_t index = ELF64_R_SYM(rela.r_info);
  // ld.so reads both even where the type has no use for them.
  const auto sym = Read<Elf64_Sym>(Tag(DT_SYMTAB) + index * sizeof(Elf64_Sym));
  if (Has(DT_VERSYM)) {
    const auto version = Read<Elf64_Half>(Tag(DT_VERSYM) + index * 2) & 0x7fff;
    Require(static_cast<std::size_t>(version) <
            std::max<std::size_t>(versions_.size(), 1));
  }
  if (index != 0) ReadString(sym.st_name);
  Write(rela.r_offset, pair ? 16 : half ? 4 : 8);
}

void LinkerModel::RelocateRelr() {
  if (!Has(kRelr)) return;
  bool begun = false;
  std::uint64_t where = 0;
  for (std::uint64_t at = 0; at < Tag(kRelrsz); at += 8) {
    const auto entry = Read<std::uint64_t>(Tag(kRelr) + at);
    if ((entry & 1) == 0) {
      Write(entry, 8);
      where = entry + 8;
      begun = true;
      continue;
    }
    Require(begun);
    for (std::uint64_t i = 0; i < 63; ++i) {
      if (((entry >> (i + 1)) & 1) != 0) Write(where + i * 8, 8);
    }
    where += std::uint64_t{63} * 8;
  }
}

bool LinkerModel::CheckMatch(std::uint32_t symbol, Lookup& lookup) const {
  ++symbols_met_;
  const auto sym = Read<Elf64_Sym>(Tag(DT_SYMTAB) +
                                   std::uint64_t{symbol} * sizeof(Elf64_Sym));
  const std::uint32_t type = ELF64_ST_TYPE(sym.st_info);
  if ((sym.st_value == 0 && sym.st_shndx != SHN_ABS && type != STT_TLS) ||
      sym.st_shndx == SHN_UNDEF) {
    return false;
  }
  constexpr std::uint32_t kAllowed = 1U << STT_NOTYPE | 1U << STT_OBJECT |
                                     1U << STT_FUNC | 1U << STT_COMMON |
                                     1U << STT_TLS | 1U << STT_GNU_IFUNC;
  if (((1U << type) & kAllowed) == 0) return false;
  if (ReadString(sym.st_name) != lookup.name) return false;
  if (versions_.empty()) return true;
  const auto raw = Read<Elf64_Half>(Tag(DT_VERSYM) + std::uint64_t{symbol} * 2);
  const std::size_t index = raw & 0x7fffU;
  Require(index < versions_.size());
  const bool visible = (raw & 0x8000) == 0;
  if (!lookup.version.empty()) {
    return versions_[index].name == lookup.version ||
           (versions_[index].name.empty() && visible && !lookup.version_hidden);
  }
  if (index < 3) return true;
  if (visible && lookup.fallbacks++ == 0) lookup.fallback = symbol;
  return false;
}

std::optional<std::uint32_t> LinkerModel::Find(const std::string& name,
                                               const std::string& version,
                                               bool version_hidden) const {
  if (nbuckets_ == 0) return std::nullopt;
  Lookup lookup{name, version, version_hidden};
  std::uint32_t found = 0;
  std::uint64_t steps = 0;
  const auto step = [&steps] { Require(++steps < 1 << 20); };
  if (Has(DT_GNU_HASH)) {
    const std::uint32_t hash = GnuHashOf(name);
    const auto word = Read<std::uint64_t>(
        bloom_ + std::uint64_t{(hash / 64) & bloom_mask_} * 8);
    const bool may_be = ((word >> (hash & 63)) &
                         (word >> ((hash >> bloom_shift_) & 63)) & 1) != 0;
    auto symbol = may_be ? Read<std::uint32_t>(
                               buckets_ + std::uint64_t{hash % nbuckets_} * 4)
                         : 0;
    while (symbol != 0) {
      step();
      const auto chain = Read<std::uint32_t>(
          chains_ + (std::uint64_t{symbol} - symoffset_) * 4);
      if (((chain ^ hash) >> 1) == 0 && CheckMatch(symbol, lookup)) {
        found = symbol;
        break;
      }
      if ((chain & 1) != 0) break;
      ++symbol;
    }
  } else {
    auto symbol = Read<std::uint32_t>(
        buckets_ + std::uint64_t{ElfHashOf(name) % nbuckets_} * 4);
    while (symbol != 0 && !CheckMatch(symbol, lookup)) {
      step();
      symbol = Read<std::uint32_t>(chains_ + std::uint64_t{symbol} * 4);
    }
    found = symbol;
  }
  if (found == 0 && lookup.fallbacks == 1) found = lookup.fallback;
  if (found == 0) return std::nullopt;
  const auto sym = Read<Elf64_Sym>(Tag(DT_SYMTAB) +
                                   std::uint64_t{found} * sizeof(Elf64_Sym));
  const auto visibility = ELF64_ST_VISIBILITY(sym.st_other);
  const auto bind = ELF64_ST_BIND(sym.st_info);
  const bool taken =
      visibility != STV_HIDDEN && visibility != STV_INTERNAL &&
      (bind == STB_GLOBAL || bind == STB_WEAK || bind == STB_GNU_UNIQUE);
  return taken ? std::optional(found) : std::nullopt;
}

}  // namespace inmem::fuzz
