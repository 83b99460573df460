// native/loader/image.cc: a loaded object as it lies in memory.
#include "loader/image.h"

#include <link.h>

#include <algorithm>
#include <string_view>

#include "loader/host_libraries.h"
#include "loader/need_search.h"

namespace inmem::loader {
namespace {

// ld.so adds the base to the pointers of most tags in place, but not of all,
// and which ones differs between its versions.
const void* Pointer(std::uintptr_t base, std::uint64_t value) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses of a link_map
  return reinterpret_cast<const void*>(value < base ? base + value : value);
}

template <typename T>
const T* PointerTo(std::uintptr_t base, std::uint64_t value) {
  return static_cast<const T*>(Pointer(base, value));
}

std::vector<Segment> FindPythonAndCLibrary() {
  std::vector<Segment> segments;
  const auto collect = [](dl_phdr_info* info, std::size_t, void* out) {
    const std::string_view name = BaseNameOf(info->dlpi_name);
    std::vector<Segment> own;
    bool wanted = ProviderOf(name) == Provider::kHost;
    const auto here = reinterpret_cast<std::uintptr_t>(&FindPythonAndCLibrary);
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const Elf64_Phdr& phdr = info->dlpi_phdr[i];
      if (phdr.p_type != PT_LOAD) continue;
      const std::uintptr_t begin = info->dlpi_addr + phdr.p_vaddr;
      own.push_back({begin, begin + phdr.p_memsz, phdr.p_flags});
      if (own.back().Contains(here)) wanted = true;
    }
    auto& all = *static_cast<std::vector<Segment>*>(out);
    if (wanted) all.insert(all.end(), own.begin(), own.end());
    return 0;
  };
  ::dl_iterate_phdr(collect, &segments);
  std::sort(
      segments.begin(), segments.end(),
      [](const Segment& a, const Segment& b) { return a.begin < b.begin; });
  return segments;
}

}  // namespace

Image ImageOf(void* handle) {
  const auto* map = static_cast<const link_map*>(handle);
  Image image;
  image.base = map->l_addr;
  elf::SymbolTable::Parts parts = {};
  const Elf64_Rela* rela = nullptr;
  const Elf64_Rela* plt = nullptr;
  std::size_t rela_bytes = 0;
  std::size_t plt_bytes = 0;
  const std::uintptr_t base = image.base;
  for (const Elf64_Dyn* dyn = map->l_ld; dyn->d_tag != DT_NULL; ++dyn) {
    const std::uint64_t value = dyn->d_un.d_ptr;
    switch (dyn->d_tag) {
      case DT_SYMTAB:
        parts.symbols = PointerTo<Elf64_Sym>(base, value);
        break;
      case DT_STRTAB:
        parts.strings = PointerTo<char>(base, value);
        break;
      case DT_GNU_HASH:
        parts.gnu_hash = PointerTo<std::uint32_t>(base, value);
        break;
      case DT_HASH:
        parts.sysv_hash = PointerTo<std::uint32_t>(base, value);
        break;
      case DT_VERSYM:
        parts.versions = PointerTo<Elf64_Half>(base, value);
        break;
      case DT_VERDEF:
        parts.definitions = PointerTo<Elf64_Verdef>(base, value);
        break;
      case DT_VERDEFNUM:
        parts.definition_count = static_cast<std::uint32_t>(value);
        break;
      case DT_VERNEED:
        parts.needs = PointerTo<Elf64_Verneed>(base, value);
        break;
      case DT_VERNEEDNUM:
        parts.need_count = static_cast<std::uint32_t>(value);
        break;
      case DT_RELA:
        rela = PointerTo<Elf64_Rela>(base, value);
        break;
      case DT_RELASZ:
        rela_bytes = value;
        break;
      case DT_JMPREL:
        plt = PointerTo<Elf64_Rela>(base, value);
        break;
      case DT_PLTRELSZ:
        plt_bytes = value;
        break;
      default:
        break;
    }
  }
  image.symbols = elf::SymbolTable(parts);
  if (rela != nullptr) {
    image.relocations = {rela, rela_bytes / sizeof(Elf64_Rela)};
  }
  if (plt != nullptr) {
    image.plt_relocations = {plt, plt_bytes / sizeof(Elf64_Rela)};
  }
  return image;
}

std::vector<Segment> SegmentsOf(const elf::ElfFile& file, std::uintptr_t base) {
  std::vector<Segment> segments;
  for (const Elf64_Phdr& phdr : file.program_headers()) {
    if (phdr.p_type != PT_LOAD) continue;
    const std::uintptr_t begin = base + phdr.p_vaddr;
    segments.push_back({begin, begin + phdr.p_memsz, phdr.p_flags});
  }
  return segments;
}

bool IsPythonOrCLibrary(std::uintptr_t address) {
  static const auto& segments =
      *new const std::vector<Segment>(FindPythonAndCLibrary());
  const auto after = std::upper_bound(
      segments.begin(), segments.end(), address,
      [](std::uintptr_t value, const Segment& s) { return value < s.begin; });
  return after != segments.begin() && std::prev(after)->Contains(address);
}

}  // namespace inmem::loader
