// native/elf/symbol_table.cc: finds definitions as the dynamic linker does.
#include "elf/symbol_table.h"

#include <cstring>

#include "elf/parser.h"

namespace inmem::elf {
namespace {

constexpr std::uint16_t kHidden = 0x8000;
constexpr std::uint16_t kIndex = 0x7fff;

// Tables of a file may lie at any address.
template <typename T>
T Load(const T* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// By bytes: `base + n` of an unaligned T* is undefined.
template <typename T>
const T* Element(const T* base, std::uint64_t index) {
  return reinterpret_cast<const T*>(reinterpret_cast<const char*>(base) +
                                    index * sizeof(T));
}

template <typename T>
T LoadElement(const T* base, std::uint64_t index) {
  return Load(Element(base, index));
}

template <typename To>
const To* Later(const void* from, std::uint64_t bytes) {
  return reinterpret_cast<const To*>(static_cast<const char*>(from) + bytes);
}

constexpr bool IsDefinitionType(std::uint8_t type) {
  return type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC ||
         type == STT_COMMON || type == STT_TLS || type == STT_GNU_IFUNC;
}

}  // namespace

std::uint32_t GnuHash(std::string_view name) {
  // hash = hash * 33 + c for each byte c: four at a time, since each step waits
  // for the one before.
  constexpr std::uint32_t kFactor = 33;
  constexpr std::uint32_t kFactor2 = kFactor * kFactor;
  constexpr std::uint32_t kFactor3 = kFactor2 * kFactor;
  constexpr std::uint32_t kFactor4 = kFactor3 * kFactor;
  std::uint32_t hash = 5381;
  const auto* at = reinterpret_cast<const unsigned char*>(name.data());
  const unsigned char* const end = at + name.size();
  for (; end - at >= 4; at += 4) {
    hash = hash * kFactor4 +
           (at[0] * kFactor3 + at[1] * kFactor2 + at[2] * kFactor + at[3]);
  }
  for (; at != end; ++at) hash = hash * kFactor + *at;
  return hash;
}

SymbolTable::Parts SymbolTable::PartsOf(const ElfFile& file) {
  const ElfFile::Tables& tables = file.tables();
  const auto at = [&file](const FileRange& range) -> const void* {
    return range.size_bytes > 0 ? file.bytes().data() + range.offset_bytes
                                : nullptr;
  };
  Parts parts;
  parts.symbols = static_cast<const Elf64_Sym*>(at(tables.symbols));
  parts.strings = static_cast<const char*>(at(tables.strings));
  parts.gnu_hash = static_cast<const std::uint32_t*>(at(tables.gnu_hash));
  parts.sysv_hash = static_cast<const std::uint32_t*>(at(tables.sysv_hash));
  parts.versions = static_cast<const Elf64_Half*>(at(tables.symbol_versions));
  const auto first = [&file](std::int64_t tag,
                             std::uint64_t size) -> const void* {
    const auto address = file.Value(tag);
    const auto offset =
        address ? file.FileOffset(*address, size) : std::nullopt;
    return offset ? file.bytes().data() + *offset : nullptr;
  };
  parts.definitions =
      static_cast<const Elf64_Verdef*>(first(DT_VERDEF, sizeof(Elf64_Verdef)));
  parts.needs = static_cast<const Elf64_Verneed*>(
      first(DT_VERNEED, sizeof(Elf64_Verneed)));
  return parts;
}

SymbolTable::SymbolTable(const Parts& parts)
    : symbols_(parts.symbols), strings_(parts.strings) {
  ReadNeeds(parts);
  ReadDefinitions(parts);
  // ld.so looks at DT_VERSYM only where a version with an index above 0 exists;
  // then one with index 0 counts too.
  if (version_names_.size() <= 1) version_names_.clear();
  if (!version_names_.empty()) versions_ = parts.versions;
  if (parts.gnu_hash != nullptr) {
    bucket_count_ = LoadElement(parts.gnu_hash, 0);
    first_hashed_ = LoadElement(parts.gnu_hash, 1);
    const std::uint32_t bloom_size = LoadElement(parts.gnu_hash, 2);
    bloom_mask_ = bloom_size - 1;
    bloom_shift_ = LoadElement(parts.gnu_hash, 3);
    bloom_ = Later<std::uint64_t>(parts.gnu_hash, 16);
    buckets_ = Later<std::uint32_t>(bloom_, bloom_size * sizeof(*bloom_));
    chains_ = Element(buckets_, bucket_count_);
  } else if (parts.sysv_hash != nullptr) {
    bucket_count_ = LoadElement(parts.sysv_hash, 0);
    buckets_ = Element(parts.sysv_hash, 2);
    chains_ = Element(buckets_, bucket_count_);
  }
}

SymbolTable::Version& SymbolTable::VersionAt(std::uint16_t index) {
  if (index >= version_names_.size()) {
    version_names_.resize(std::size_t{index} + 1);
  }
  return version_names_[index];
}

// Hash 0 is ld.so's sign of no version, whatever the name.
std::string_view SymbolTable::VersionName(std::uint32_t hash,
                                          std::uint32_t offset) const {
  return hash == 0 ? std::string_view() : strings_ + offset;
}

void SymbolTable::ReadNeeds(const Parts& parts) {
  const Elf64_Verneed* at = parts.needs;
  for (std::uint32_t i = 0; at != nullptr && i < parts.need_count; ++i) {
    const Elf64_Verneed need = Load(at);
    const auto* aux_at = Later<Elf64_Vernaux>(at, need.vn_aux);
    for (;;) {
      const Elf64_Vernaux aux = Load(aux_at);
      VersionAt(aux.vna_other & kIndex) = {
          VersionName(aux.vna_hash, aux.vna_name),
          (aux.vna_other & kHidden) != 0};
      if (aux.vna_next == 0) break;
      aux_at = Later<Elf64_Vernaux>(aux_at, aux.vna_next);
    }
    if (need.vn_next == 0) break;
    at = Later<Elf64_Verneed>(at, need.vn_next);
  }
}

void SymbolTable::ReadDefinitions(const Parts& parts) {
  const Elf64_Verdef* at = parts.definitions;
  for (std::uint32_t i = 0; at != nullptr && i < parts.definition_count; ++i) {
    const Elf64_Verdef definition = Load(at);
    Version& version = VersionAt(definition.vd_ndx & kIndex);
    // The base version's name is that of the file and matches nothing.
    if ((definition.vd_flags & VER_FLG_BASE) == 0) {
      const auto aux = Load(Later<Elf64_Verdaux>(at, definition.vd_aux));
      version.name = VersionName(definition.vd_hash, aux.vda_name);
    }
    if (definition.vd_next == 0) break;
    at = Later<Elf64_Verdef>(at, definition.vd_next);
  }
}

std::string_view SymbolTable::NameOf(std::uint32_t symbol_index) const {
  return strings_ + At(symbol_index).st_name;
}

SymbolTable::Reference SymbolTable::ReferenceOf(
    std::uint32_t symbol_index) const {
  Reference reference;
  reference.name = NameOf(symbol_index);
  reference.gnu_hash = GnuHash(reference.name);
  if (versions_ == nullptr) return reference;
  const std::uint16_t index = LoadElement(versions_, symbol_index) & kIndex;
  if (index < version_names_.size()) {
    reference.version = version_names_[index].name;
    reference.version_hidden = version_names_[index].hidden;
  }
  return reference;
}

bool SymbolTable::IsDefinition(std::uint32_t symbol, std::string_view name,
                               Use use) const {
  const Elf64_Sym sym = At(symbol);
  const std::uint8_t type = ELF64_ST_TYPE(sym.st_info);
  if (sym.st_value == 0 && sym.st_shndx != SHN_ABS && type != STT_TLS) {
    return false;
  }
  if (use == Use::kPlt && sym.st_shndx == SHN_UNDEF) return false;
  if (!IsDefinitionType(type)) return false;
  const char* own = strings_ + sym.st_name;
  // strncmp ends at the candidate's NUL, which may be the table's last byte.
  return std::strncmp(own, name.data(), name.size()) == 0 &&
         own[name.size()] == '\0';
}

bool SymbolTable::Matches(std::uint32_t symbol, Search& search) const {
  return IsDefinition(symbol, search.reference->name, search.use) &&
         (versions_ == nullptr || MatchesVersion(symbol, search));
}

bool SymbolTable::MatchesVersion(std::uint32_t symbol, Search& search) const {
  const std::uint16_t version = LoadElement(versions_, symbol);
  const std::uint16_t index = version & kIndex;
  const bool hidden = (version & kHidden) != 0;
  const Reference& reference = *search.reference;
  if (!reference.version.empty()) {
    const std::string_view name = index < version_names_.size()
                                      ? version_names_[index].name
                                      : std::string_view();
    return name == reference.version ||
           (name.empty() && !hidden && !reference.version_hidden);
  }
  if (index < 3) return true;
  if (!hidden && search.fallbacks++ == 0) search.fallback = symbol;
  return false;
}

template <typename Accept>
std::uint32_t SymbolTable::FirstOf(const Reference& reference,
                                   Accept accept) const {
  if (bucket_count_ == 0) return STN_UNDEF;
  if (bloom_ == nullptr) {
    const std::uint32_t hash = SysvHash(reference.name);
    std::uint32_t symbol = LoadElement(buckets_, hash % bucket_count_);
    while (symbol != STN_UNDEF && !accept(symbol)) {
      symbol = LoadElement(chains_, symbol);
    }
    return symbol;
  }
  const std::uint32_t hash = reference.gnu_hash;
  if (!MayDefine(hash)) return STN_UNDEF;
  std::uint32_t symbol = LoadElement(buckets_, hash % bucket_count_);
  if (symbol == STN_UNDEF) return STN_UNDEF;
  for (;; ++symbol) {
    const std::uint32_t chain = LoadElement(chains_, symbol - first_hashed_);
    if (((chain ^ hash) >> 1) == 0 && accept(symbol)) return symbol;
    if ((chain & 1) != 0) return STN_UNDEF;
  }
}

std::vector<Elf64_Sym> SymbolTable::FindAll(std::string_view name) const {
  std::vector<Elf64_Sym> all;
  (void)FirstOf({name, GnuHash(name), {}, false}, [&](std::uint32_t symbol) {
    if (IsDefinition(symbol, name, Use::kPlt)) all.push_back(At(symbol));
    return false;
  });
  return all;
}

const Elf64_Sym* SymbolTable::Find(const Reference& reference, Use use) const {
  Search search{&reference, use};
  std::uint32_t symbol = FirstOf(reference, [&](std::uint32_t candidate) {
    return Matches(candidate, search);
  });
  if (symbol == STN_UNDEF && search.fallbacks == 1) symbol = search.fallback;
  if (symbol == STN_UNDEF) return nullptr;
  const Elf64_Sym* found = Element(symbols_, symbol);
  const Elf64_Sym sym = Load(found);
  const std::uint8_t visibility = ELF64_ST_VISIBILITY(sym.st_other);
  if (visibility == STV_HIDDEN || visibility == STV_INTERNAL) return nullptr;
  const std::uint8_t bind = ELF64_ST_BIND(sym.st_info);
  return bind == STB_GLOBAL || bind == STB_WEAK || bind == STB_GNU_UNIQUE
             ? found
             : nullptr;
}

}  // namespace inmem::elf
