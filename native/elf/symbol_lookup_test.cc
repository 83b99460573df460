// native/elf/symbol_lookup_test.cc: all names of the C and C++ libraries, asked
// of SymbolTable and of the dynamic linker itself.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "elf/symbol_table.h"

namespace inmem::elf {
namespace {

// A pointer from an address that ld.so keeps as a number.
template <typename T>
const T* At(Elf64_Addr address) {
  return std::bit_cast<const T*>(address);
}

// What ld.so keeps of a loaded object: its dynamic table holds pointers, but
// for those of the version chains.
SymbolTable::Parts PartsOf(const link_map* map) {
  SymbolTable::Parts parts;
  for (const Elf64_Dyn* dyn = map->l_ld; dyn->d_tag != DT_NULL; ++dyn) {
    const Elf64_Addr pointer = dyn->d_un.d_ptr;
    switch (dyn->d_tag) {
      case DT_SYMTAB:
        parts.symbols = At<Elf64_Sym>(pointer);
        break;
      case DT_STRTAB:
        parts.strings = At<char>(pointer);
        break;
      case DT_GNU_HASH:
        parts.gnu_hash = At<std::uint32_t>(pointer);
        break;
      case DT_VERSYM:
        parts.versions = At<Elf64_Half>(pointer);
        break;
      case DT_VERDEF:
        parts.definitions = At<Elf64_Verdef>(map->l_addr + pointer);
        break;
      case DT_VERNEED:
        parts.needs = At<Elf64_Verneed>(map->l_addr + pointer);
        break;
      default:
        break;
    }
  }
  return parts;
}

std::uint32_t GnuCount(const std::uint32_t* table) {
  const std::uint32_t* buckets = table + 4 + table[2] * 2;
  const std::uint32_t last = *std::max_element(buckets, buckets + table[0]);
  const std::uint32_t* chains = buckets + table[0];
  std::uint32_t symbol = last;
  while ((chains[symbol - table[1]] & 1) == 0) ++symbol;
  return symbol + 1;
}

bool HasAddress(const std::vector<Elf64_Sym>& all, const Elf64_Sym& wanted) {
  return std::any_of(all.begin(), all.end(), [&](const Elf64_Sym& symbol) {
    return symbol.st_value == wanted.st_value;
  });
}

// dlvsym is do_lookup_x with a version: all names of the real libraries, under
// each of their versions.
TEST(SymbolLookup, AgreesWithTheDynamicLinker) {
  std::uint64_t compared = 0;
  for (const char* name : {"libc.so.6", "libm.so.6", "libstdc++.so.6"}) {
    void* library = dlopen(name, RTLD_LAZY);
    ASSERT_NE(library, nullptr) << name;
    link_map* map = nullptr;
    ASSERT_EQ(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
    const SymbolTable::Parts parts = PartsOf(map);
    const SymbolTable table(parts);
    const std::uint32_t count = GnuCount(parts.gnu_hash);
    for (std::uint32_t i = 1; i < count; ++i) {
      const Elf64_Sym sym = table.At(i);
      const std::uint8_t type = ELF64_ST_TYPE(sym.st_info);
      // dlvsym answers the choice of a resolver, and a thread's copy.
      if (type == STT_GNU_IFUNC || type == STT_TLS) continue;
      const auto reference = table.ReferenceOf(i);
      if (reference.version.empty()) continue;
      const Elf64_Sym* found = table.Find(reference);
      if (found == nullptr) continue;
      EXPECT_TRUE(table.MayDefine(reference.gnu_hash));
      EXPECT_TRUE(HasAddress(table.FindAll(reference.name), *found));
      const std::string symbol(reference.name);
      const std::string version(reference.version);
      const void* expected = dlvsym(library, symbol.c_str(), version.c_str());
      const Elf64_Addr base = found->st_shndx == SHN_ABS ? 0 : map->l_addr;
      EXPECT_EQ(At<void>(base + found->st_value), expected)
          << symbol << "@" << version;
      ++compared;
    }
    dlclose(library);
  }
  EXPECT_GT(compared, 5000U);
}

}  // namespace
}  // namespace inmem::elf
