// native/elf/elf_file.cc: what a parsed file answers; its symbols.
#include "elf/elf_file.h"

#include <algorithm>
#include <cstring>

#include "base/checked.h"
#include "elf/bytes.h"
#include "elf/names.h"
#include "elf/parser.h"

namespace inmem::elf {

Result<ElfFile> ElfFile::Parse(std::span<const std::byte> bytes,
                               std::string_view label, std::uint16_t machine) {
  Parser parser(bytes, label, machine);
  if (Status status = parser.Run(); !status.ok()) return status;
  return parser.Take();
}

Status ElfFile::Bad(const std::string& found,
                    const std::string& expected) const {
  return {ErrorCode::kBadElf,
          label_ + ": " + found + " (expected " + expected + ")"};
}

std::optional<std::uint64_t> ElfFile::Value(std::int64_t tag) const {
  for (const Elf64_Dyn& dyn : dynamic_) {
    if (dyn.d_tag == tag) return dyn.d_un.d_val;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ElfFile::FileOffset(
    std::uint64_t address, std::uint64_t size_bytes) const {
  for (const Elf64_Phdr& phdr : phdrs_) {
    if (phdr.p_type != PT_LOAD || address < phdr.p_vaddr) continue;
    const std::uint64_t within = address - phdr.p_vaddr;
    if (RangeFits(within, size_bytes, phdr.p_filesz)) {
      return phdr.p_offset + within;
    }
  }
  return std::nullopt;
}

Result<std::string_view> ElfFile::String(std::uint64_t offset,
                                         std::string_view what) const {
  if (offset >= strings_.size()) {
    return Bad(std::string(what) + " at offset " + Hex(offset) +
                   " of the string table",
               "below DT_STRSZ " + Hex(strings_.size()));
  }
  // ReadStrings has made sure that a NUL follows.
  return std::string_view(reinterpret_cast<const char*>(strings_.data()) +
                          offset);
}

Result<std::uint64_t> ElfFile::SymbolCount() const {
  if (const auto table = Value(DT_HASH)) return SysvSymbolCount(*table);
  if (const auto table = Value(DT_GNU_HASH)) return GnuSymbolCount(*table);
  return std::uint64_t{0};
}

Result<std::uint64_t> ElfFile::SysvSymbolCount(std::uint64_t table) const {
  struct Header {
    std::uint32_t nbucket;
    std::uint32_t nchain;
  };
  const auto offset = FileOffset(table, sizeof(Header));
  if (!offset) {
    return Bad("DT_HASH " + Hex(table), "within the file part of one PT_LOAD");
  }
  const Header header = LoadAt<Header>(bytes_, *offset);
  const std::uint64_t words = std::uint64_t{2} + header.nbucket + header.nchain;
  if (!FileOffset(table, words * sizeof(std::uint32_t))) {
    return Bad("DT_HASH with nbucket " + std::to_string(header.nbucket) +
                   ", nchain " + std::to_string(header.nchain),
               "within the file part of one PT_LOAD");
  }
  return std::uint64_t{header.nchain};
}

// Layout: nbuckets, symoffset, bloom_size, bloom_shift, 64-bit bloom words,
// buckets, one chain word for each symbol from symoffset on; a chain ends
// where its lowest bit is set. The last symbol is the end of the chain that
// begins at the highest bucket.
// Source: https://flapenguin.me/elf-dt-gnu-hash, glibc elf/dl-lookup.c.
Result<std::uint64_t> ElfFile::GnuSymbolCount(std::uint64_t table) const {
  struct Header {
    std::uint32_t nbuckets;
    std::uint32_t symoffset;
    std::uint32_t bloom_size;
    std::uint32_t bloom_shift;
  };
  constexpr std::uint64_t kWord = sizeof(std::uint32_t);
  const auto offset = FileOffset(table, sizeof(Header));
  if (!offset) {
    return Bad("DT_GNU_HASH " + Hex(table),
               "within the file part of one PT_LOAD");
  }
  const Header header = LoadAt<Header>(bytes_, *offset);
  const std::uint64_t buckets = sizeof(Header) + header.bloom_size * 8ULL;
  const std::uint64_t chains = buckets + header.nbuckets * kWord;
  if (!FileOffset(table, chains)) {
    return Bad("DT_GNU_HASH with nbuckets " + std::to_string(header.nbuckets) +
                   ", bloom_size " + std::to_string(header.bloom_size),
               "within the file part of one PT_LOAD");
  }
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < header.nbuckets; ++i) {
    const auto bucket =
        LoadAt<std::uint32_t>(bytes_, *offset + buckets + i * kWord);
    last = std::max<std::uint64_t>(last, bucket);
  }
  // Nothing defined: the undefined ones alone, which end at symoffset.
  if (last < header.symoffset) return std::uint64_t{header.symoffset};
  for (;; ++last) {
    const auto place =
        FileOffset(table + chains + (last - header.symoffset) * kWord, kWord);
    if (!place) {
      return Bad("DT_GNU_HASH chain of symbol " + std::to_string(last),
                 "an end within the file part of one PT_LOAD");
    }
    if ((LoadAt<std::uint32_t>(bytes_, *place) & 1U) != 0) return last + 1;
  }
}

Result<std::vector<Symbol>> ElfFile::Symbols() const {
  const auto count = SymbolCount();
  if (!count.ok()) return count.status();
  // Parse has made sure that there is one.
  const std::uint64_t table = Value(DT_SYMTAB).value_or(0);
  const auto size = CheckedMul<std::uint64_t>(count.value(), sizeof(Elf64_Sym));
  const auto offset = size ? FileOffset(table, *size) : std::nullopt;
  if (!offset) {
    return Bad("DT_SYMTAB " + Hex(table) + " with " +
                   std::to_string(count.value()) + " symbols",
               "within the file part of one PT_LOAD");
  }
  std::vector<Symbol> symbols;
  if (count.value() > 1) symbols.reserve(count.value() - 1);
  for (std::uint64_t i = 1; i < count.value(); ++i) {
    const auto sym = LoadAt<Elf64_Sym>(bytes_, *offset + i * sizeof(Elf64_Sym));
    const auto name = String(sym.st_name, "st_name");
    if (!name.ok()) return name.status();
    Symbol symbol;
    symbol.name = name.value();
    symbol.value = sym.st_value;
    symbol.size_bytes = sym.st_size;
    symbol.shndx = sym.st_shndx;
    symbol.bind = ELF64_ST_BIND(sym.st_info);
    symbol.type = ELF64_ST_TYPE(sym.st_info);
    symbol.visibility = ELF64_ST_VISIBILITY(sym.st_other);
    symbols.push_back(symbol);
  }
  return symbols;
}

bool ElfFile::Defines(std::string_view name) const {
  const auto symbols = Symbols();
  if (!symbols.ok()) return false;
  return std::any_of(symbols.value().begin(), symbols.value().end(),
                     [name](const Symbol& symbol) {
                       return symbol.defined() && symbol.bind != STB_LOCAL &&
                              symbol.name == name;
                     });
}

}  // namespace inmem::elf
