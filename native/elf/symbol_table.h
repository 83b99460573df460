// native/elf/symbol_table.h: finds definitions as the dynamic linker does.
//
// Technical note. What glibc takes from one object for a reference (from
// do_lookup_x and check_match in its elf/dl-lookup.c), so that a binding can be
// foretold, or checked, without it:
//
//  1. Candidates are the symbols of the name's bucket, in the order of
//     DT_GNU_HASH (bloom filter first) or, without that table, of DT_HASH.
//  2. No definition is: a symbol with value 0 that is neither SHN_ABS nor TLS;
//     an undefined one where the reference is for a call or about TLS (an
//     undefined one with a value stands for a function whose address a program
//     took: it counts for other references); a type other than NOTYPE, OBJECT,
//     FUNC, COMMON, TLS, GNU_IFUNC.
//  3. A reference with a version takes the first candidate that has that
//  version
//     or, unless the reference's version is hidden, is itself not hidden and
//     has no version's name (the base version); in an object without versions
//     the first candidate at all. A version whose hash is 0 is none.
//  4. A reference without a version takes the first candidate that has no
//     version, the base one or the first of the object (index 0, 1, 2). Failing
//     that, the only candidate that is not hidden (bit 15 of its index).
//  5. What has been found so is dropped where its visibility is hidden or
//     internal, or its binding neither global, weak nor unique; a weak one
//     counts as much as a global one. Then the search goes on in the next
//     object, never in this one.
//
// References are not looked up at all where the referring symbol is local,
// hidden or internal: they mean the object's own. Where it is protected, an
// address found elsewhere is still the object's own.
#pragma once

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "elf/elf_file.h"

namespace inmem::elf {

std::uint32_t GnuHash(std::string_view name);

// Threads: const members may be called concurrently.
class SymbolTable {
 public:
  // The tables, in memory or in a file; they need not be aligned. Whoever gives
  // them vouches for them: nothing is checked. Chains of versions end by their
  // own account, or after this many records.
  struct Parts {
    const Elf64_Sym* symbols = nullptr;
    const char* strings = nullptr;
    const std::uint32_t* gnu_hash = nullptr;    // null where there is none
    const std::uint32_t* sysv_hash = nullptr;   // ditto
    const Elf64_Half* versions = nullptr;       // ditto; DT_VERSYM
    const Elf64_Verdef* definitions = nullptr;  // ditto
    std::uint32_t definition_count = std::numeric_limits<std::uint32_t>::max();
    const Elf64_Verneed* needs = nullptr;  // ditto
    std::uint32_t need_count = std::numeric_limits<std::uint32_t>::max();
  };

  // A reference as ld.so sees it. Views borrow from the object that refers.
  struct Reference {
    std::string_view name;
    std::uint32_t gnu_hash = 0;
    std::string_view version;  // empty: none
    bool version_hidden = false;
  };

  // What the reference is for. To call it, or about TLS (ld.so's
  // ELF_RTYPE_CLASS_PLT): an undefined symbol with a value, by which a program
  // stands for a function of a library, is no definition then.
  enum class Use : std::uint8_t { kPlt, kAddress };

  SymbolTable() = default;  // of an object without symbols
  explicit SymbolTable(const Parts& parts);
  // Borrows from the bytes that `file` was parsed from.
  explicit SymbolTable(const ElfFile& file) : SymbolTable(PartsOf(file)) {}

  // The definition that ld.so would take from this object; null for none. In a
  // file's table it may be unaligned.
  const Elf64_Sym* Find(const Reference& reference, Use use = Use::kPlt) const;

  // False where no definition of that name is here, in any version: what
  // DT_GNU_HASH's bloom filter says. Most objects do not have most names.
  bool MayDefine(std::uint32_t gnu_hash) const {
    if (bloom_ == nullptr) return bucket_count_ != 0;
    std::uint64_t word = 0;
    std::memcpy(&word,
                reinterpret_cast<const char*>(bloom_) +
                    ((gnu_hash / 64) & bloom_mask_) * sizeof word,
                sizeof word);
    return ((word >> (gnu_hash % 64)) &
            (word >> ((gnu_hash >> bloom_shift_) % 64)) & 1) != 0;
  }

  // Every definition of the name, whatever its version and visibility.
  std::vector<Elf64_Sym> FindAll(std::string_view name) const;

  // Whether ld.so looks at versions of this object's symbols.
  bool versioned() const { return versions_ != nullptr; }

  // REQUIRES: an index of this table.
  Reference ReferenceOf(std::uint32_t symbol_index) const;
  Elf64_Sym At(std::uint32_t symbol_index) const {
    Elf64_Sym symbol;
    std::memcpy(&symbol,
                reinterpret_cast<const char*>(symbols_) +
                    std::uint64_t{symbol_index} * sizeof symbol,
                sizeof symbol);
    return symbol;
  }
  std::string_view NameOf(std::uint32_t symbol_index) const;

 private:
  // The names that ld.so keeps: index -> version. Borrowed.
  struct Version {
    std::string_view name;
    bool hidden = false;
  };
  // What one search has met so far.
  struct Search {
    const Reference* reference;
    Use use;
    std::uint32_t fallbacks = 0;
    std::uint32_t fallback = 0;
  };

  static Parts PartsOf(const ElfFile& file);
  void ReadNeeds(const Parts& parts);
  void ReadDefinitions(const Parts& parts);
  Version& VersionAt(std::uint16_t index);
  std::string_view VersionName(std::uint32_t hash, std::uint32_t offset) const;
  bool IsDefinition(std::uint32_t symbol, std::string_view name, Use use) const;
  bool Matches(std::uint32_t symbol, Search& search) const;
  bool MatchesVersion(std::uint32_t symbol, Search& search) const;
  // The first symbol of the name's bucket that is accepted; STN_UNDEF for none.
  template <typename Accept>
  std::uint32_t FirstOf(const Reference& reference, Accept accept) const;

  const Elf64_Sym* symbols_ = nullptr;
  const char* strings_ = nullptr;
  const Elf64_Half* versions_ = nullptr;
  std::vector<Version> version_names_;

  // DT_GNU_HASH, or DT_HASH.
  const std::uint32_t* buckets_ = nullptr;
  const std::uint32_t* chains_ = nullptr;  // for GNU those of symoffset on
  const std::uint64_t* bloom_ = nullptr;   // null for DT_HASH
  std::uint32_t bucket_count_ = 0;
  std::uint32_t bloom_mask_ = 0;
  std::uint32_t bloom_shift_ = 0;
  std::uint32_t first_hashed_ = 0;
};

}  // namespace inmem::elf
