// native/elf/hash_tables.cc: DT_GNU_HASH, DT_HASH and the symbols they count.
//
// Both are verified so far that no lookup by any name reads outside them, or
// without end. ld.so uses DT_GNU_HASH where there is one.
//
// DT_GNU_HASH: nbuckets, symoffset, bloom_size, bloom_shift, 64-bit bloom
// words, buckets, one chain word for each symbol from symoffset on; a chain
// ends where its lowest bit is set. The last symbol is the end of the chain
// that begins at the highest bucket.
// DT_HASH: nbucket, nchain, buckets, chains: symbol -> next symbol, 0 ends.
// Source: https://flapenguin.me/elf-dt-gnu-hash, glibc elf/dl-lookup.c.
#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "base/checked.h"
#include "elf/bytes.h"
#include "elf/names.h"
#include "elf/parser.h"
#include "elf/relocations.h"

namespace inmem::elf {
namespace {

constexpr std::uint64_t kWord = sizeof(std::uint32_t);

}  // namespace

Status Parser::ReadGnuHash() {
  struct Header {
    std::uint32_t nbuckets;
    std::uint32_t symoffset;
    std::uint32_t bloom_size;
    std::uint32_t bloom_shift;
  };
  const auto table = file_.Value(DT_GNU_HASH);
  if (!table) return Status::Ok();
  const auto offset = file_.FileOffset(*table, sizeof(Header));
  if (!offset) {
    return Bad("DT_GNU_HASH " + Hex(*table),
               "within the file part of one PT_LOAD");
  }
  const auto header = LoadAt<Header>(file_.bytes_, *offset);
  const std::uint64_t buckets = sizeof(Header) + header.bloom_size * 8ULL;
  const std::uint64_t chains = buckets + header.nbuckets * kWord;
  if (!file_.FileOffset(*table, chains)) {
    return Bad("DT_GNU_HASH with nbuckets " + std::to_string(header.nbuckets) +
                   ", bloom_size " + std::to_string(header.bloom_size),
               "within the file part of one PT_LOAD");
  }
  // The hash is masked with bloom_size - 1. ld.so asserts that it is a power of
  // two even where there is no bucket; 0 passes its test, and would be a mask
  // of all bits.
  const bool masks = header.bloom_size == 0
                         ? header.nbuckets == 0
                         : std::has_single_bit(header.bloom_size);
  if (!masks) {
    return Bad(
        "DT_GNU_HASH with bloom_size " + std::to_string(header.bloom_size),
        "a power of two");
  }
  if (header.bloom_shift >= 32) {
    return Bad(
        "DT_GNU_HASH with bloom_shift " + std::to_string(header.bloom_shift),
        "below 32");
  }
  std::uint32_t last = 0;
  for (std::uint64_t i = 0; i < header.nbuckets; ++i) {
    const auto bucket =
        LoadAt<std::uint32_t>(file_.bytes_, *offset + buckets + i * kWord);
    if (bucket != 0 && bucket < header.symoffset) {
      return Bad(
          "DT_GNU_HASH bucket " + std::to_string(i) + " of symbol " +
              std::to_string(bucket),
          "0, or at least symoffset " + std::to_string(header.symoffset));
    }
    last = std::max(last, bucket);
  }
  file_.tables_.gnu_hash = {*offset, chains};
  if (last == 0) {
    // Nothing is defined. GNU ld then leaves symoffset at 1, whatever the
    // number of undefined symbols.
    gnu_count_ = header.symoffset;
    return Status::Ok();
  }
  gnu_has_chains_ = true;
  return WalkGnuChain(*table + chains, header.symoffset, last);
}

// Chains lie one after another, so the end of the last one is an end for all.
Status Parser::WalkGnuChain(std::uint64_t chains, std::uint32_t symoffset,
                            std::uint64_t symbol) {
  const std::uint64_t first = (symbol - symoffset) * kWord;
  for (std::uint64_t at = first;; at += kWord, ++symbol) {
    const auto place = file_.FileOffset(chains + at, kWord);
    if (!place) {
      return Bad("DT_GNU_HASH chain of symbol " + std::to_string(symbol),
                 "an end within the file part of one PT_LOAD");
    }
    if ((LoadAt<std::uint32_t>(file_.bytes_, *place) & 1U) == 0) continue;
    gnu_count_ = symbol + 1;
    FileRange& table = file_.tables_.gnu_hash;
    table.size_bytes = *place + kWord - table.offset_bytes;
    // The words between must be the table's, not another PT_LOAD's.
    if (!file_.FileOffset(*file_.Value(DT_GNU_HASH), table.size_bytes)) {
      return Bad("DT_GNU_HASH of " + std::to_string(gnu_count_) + " symbols",
                 "within the file part of one PT_LOAD");
    }
    return Status::Ok();
  }
}

Status Parser::ReadSysvHash() {
  struct Header {
    std::uint32_t nbucket;
    std::uint32_t nchain;
  };
  const auto table = file_.Value(DT_HASH);
  if (!table) return Status::Ok();
  const auto offset = file_.FileOffset(*table, sizeof(Header));
  if (!offset) {
    return Bad("DT_HASH " + Hex(*table), "within the file part of one PT_LOAD");
  }
  const auto header = LoadAt<Header>(file_.bytes_, *offset);
  const std::uint64_t size =
      (std::uint64_t{2} + header.nbucket + header.nchain) * kWord;
  if (!file_.FileOffset(*table, size)) {
    return Bad("DT_HASH with nbucket " + std::to_string(header.nbucket) +
                   ", nchain " + std::to_string(header.nchain),
               "within the file part of one PT_LOAD");
  }
  file_.tables_.sysv_hash = {*offset, size};
  sysv_count_ = header.nchain;
  return WalkSysvChains(*offset + sizeof(Header), header.nbucket,
                        header.nchain);
}

// Each symbol is in one chain, once; so a symbol that is met twice is the sign
// of a chain without end, and the walk is linear.
Status Parser::WalkSysvChains(std::uint64_t buckets, std::uint32_t nbucket,
                              std::uint32_t nchain) {
  const std::uint64_t chains = buckets + nbucket * kWord;
  std::vector<bool> met(nchain);
  for (std::uint32_t i = 0; i < nbucket; ++i) {
    auto symbol = LoadAt<std::uint32_t>(file_.bytes_, buckets + i * kWord);
    while (symbol != STN_UNDEF) {
      if (symbol >= nchain || met[symbol]) {
        return Bad("DT_HASH chain of bucket " + std::to_string(i) +
                       " at symbol " + std::to_string(symbol),
                   symbol >= nchain ? "below nchain " + std::to_string(nchain)
                                    : "each symbol once");
      }
      met[symbol] = true;
      symbol = LoadAt<std::uint32_t>(file_.bytes_, chains + symbol * kWord);
    }
  }
  return Status::Ok();
}

// The length of DT_SYMTAB is not said anywhere; the tables tell it.
Status Parser::CountSymbols() {
  std::uint64_t count = std::max(sysv_count_.value_or(0), gnu_count_);
  if (sysv_count_ && gnu_has_chains_ && gnu_count_ > *sysv_count_) {
    return Bad("DT_GNU_HASH of " + std::to_string(gnu_count_) + " symbols",
               "at most DT_HASH's nchain " + std::to_string(*sysv_count_));
  }
  // Only references are left to tell.
  if (!sysv_count_ && !gnu_has_chains_) {
    const auto symbol = RelocationReader(file_).LastSymbol();
    if (!symbol.ok()) return symbol.status();
    if (symbol.value() > 0) {
      count = std::max<std::uint64_t>(count, symbol.value() + 1ULL);
    }
  }
  // The null symbol is always there: relocations without a symbol mean it.
  file_.symbol_count_ = std::max<std::uint64_t>(count, 1);
  return Status::Ok();
}

Status Parser::VerifySymbols() {
  const std::uint64_t table = file_.Value(DT_SYMTAB).value_or(0);
  const std::uint64_t count = file_.symbol_count_;
  const auto size = CheckedMul<std::uint64_t>(count, sizeof(Elf64_Sym));
  const auto offset = size ? file_.FileOffset(table, *size) : std::nullopt;
  if (!offset) {
    return Bad("DT_SYMTAB " + Hex(table) + " with " + std::to_string(count) +
                   " symbols",
               "within the file part of one PT_LOAD");
  }
  file_.tables_.symbols = {*offset, *size};
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto sym =
        LoadAt<Elf64_Sym>(file_.bytes_, *offset + i * sizeof(Elf64_Sym));
    if (sym.st_name >= file_.strings_.size()) {
      return file_.String(sym.st_name, "st_name").status();
    }
  }
  return Status::Ok();
}

std::vector<Symbol> ElfFile::Symbols() const {
  std::vector<Symbol> symbols;
  if (symbol_count_ > 1) symbols.reserve(symbol_count_ - 1);
  for (std::uint64_t i = 1; i < symbol_count_; ++i) {
    const auto sym = LoadAt<Elf64_Sym>(
        bytes_, tables_.symbols.offset_bytes + i * sizeof(Elf64_Sym));
    Symbol symbol;
    symbol.name = reinterpret_cast<const char*>(strings_.data()) + sym.st_name;
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

}  // namespace inmem::elf
