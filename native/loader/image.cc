// native/loader/image.cc: a loaded object as it lies in memory.
#include "loader/image.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "loader/host_libraries.h"
#include "loader/need_search.h"
#include "os/dynamic_linker.h"
#include "os/mapping.h"

namespace inmem::loader {
namespace {

// ld.so adds the base to the pointers of most tags in place, but not of all,
// and which ones differs between its versions.
class Pointers {
 public:
  explicit Pointers(std::uintptr_t base, const Layout* layout = nullptr)
      : base_(base) {
    if (layout == nullptr || layout->segments.empty()) return;
    begin_ = layout->segments.front().begin;
    end_ = layout->segments.back().end;
  }

  template <typename T>
  const T* To(std::uint64_t value) const {
    const bool is_added =
        end_ != 0 ? value >= begin_ && value < end_ : value >= base_;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses of a link_map
    return reinterpret_cast<const T*>(is_added ? value : base_ + value);
  }

 private:
  std::uintptr_t base_;
  // The object's memory; nothing where that is not known.
  std::uintptr_t begin_ = 0;
  std::uintptr_t end_ = 0;
};

Layout MakeLayout(std::span<const Elf64_Phdr> phdrs, std::uintptr_t base) {
  Layout layout;
  for (const Elf64_Phdr& phdr : phdrs) {
    const std::uintptr_t begin = base + phdr.p_vaddr;
    const std::uintptr_t end = begin + phdr.p_memsz;
    if (phdr.p_type == PT_LOAD) {
      layout.segments.push_back({begin, end, phdr.p_flags});
    } else if (phdr.p_type == PT_GNU_RELRO) {
      // As the dynamic linker rounds it: whole pages within.
      const std::uintptr_t page = os::PageSize();
      layout.relro = {begin / page * page, end / page * page, PF_R};
    }
  }
  return layout;
}

bool ContainsAddress(const std::vector<Segment>& sorted,
                     std::uintptr_t address) {
  const auto after = std::upper_bound(
      sorted.begin(), sorted.end(), address,
      [](std::uintptr_t value, const Segment& s) { return value < s.begin; });
  return after != sorted.begin() && std::prev(after)->Contains(address);
}

void Sort(std::vector<Segment>& segments) {
  std::sort(
      segments.begin(), segments.end(),
      [](const Segment& a, const Segment& b) { return a.begin < b.begin; });
}

Image ImageAt(std::uintptr_t base, const Elf64_Dyn* dynamic,
              const Layout* layout) {
  Image image;
  image.base = base;
  elf::SymbolTable::Parts parts = {};
  const Elf64_Rela* rela = nullptr;
  const Elf64_Rela* plt = nullptr;
  std::size_t rela_bytes = 0;
  std::size_t plt_bytes = 0;
  const Elf64_Xword* relr = nullptr;
  std::size_t relr_bytes = 0;
  const Pointers pointers(image.base, layout);
  for (const Elf64_Dyn* dyn = dynamic; dyn->d_tag != DT_NULL; ++dyn) {
    const std::uint64_t value = dyn->d_un.d_ptr;
    switch (dyn->d_tag) {
      case DT_SYMTAB:
        parts.symbols = pointers.To<Elf64_Sym>(value);
        break;
      case DT_STRTAB:
        parts.strings = pointers.To<char>(value);
        break;
      case DT_GNU_HASH:
        parts.gnu_hash = pointers.To<std::uint32_t>(value);
        break;
      case DT_HASH:
        parts.sysv_hash = pointers.To<std::uint32_t>(value);
        break;
      case DT_VERSYM:
        parts.versions = pointers.To<Elf64_Half>(value);
        break;
      case DT_VERDEF:
        parts.definitions = pointers.To<Elf64_Verdef>(value);
        break;
      case DT_VERDEFNUM:
        parts.definition_count = static_cast<std::uint32_t>(value);
        break;
      case DT_VERNEED:
        parts.needs = pointers.To<Elf64_Verneed>(value);
        break;
      case DT_VERNEEDNUM:
        parts.need_count = static_cast<std::uint32_t>(value);
        break;
      case DT_RELA:
        rela = pointers.To<Elf64_Rela>(value);
        break;
      case DT_RELASZ:
        rela_bytes = value;
        break;
      case DT_JMPREL:
        plt = pointers.To<Elf64_Rela>(value);
        break;
      case DT_PLTRELSZ:
        plt_bytes = value;
        break;
      case elf::kDtRelr:
        relr = pointers.To<Elf64_Xword>(value);
        break;
      case elf::kDtRelrsz:
        relr_bytes = value;
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
  if (relr != nullptr) image.relr = {relr, relr_bytes / sizeof(Elf64_Xword)};
  return image;
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
  Sort(segments);
  return segments;
}

std::vector<Image> FindCLibrary() {
  std::vector<std::string> names;
  const auto collect = [](dl_phdr_info* info, std::size_t, void* out) {
    const std::string_view name = BaseNameOf(info->dlpi_name);
    if (ProviderOf(name) != Provider::kHost) return 0;
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  ::dl_iterate_phdr(collect, &names);
  std::vector<Image> images;
  for (const std::string& name : names) {
    void* handle = os::FindLoaded(name);
    if (handle != nullptr) images.push_back(ImageOf(handle));
  }
  return images;
}

std::vector<Segment> FindHostProgram() {
  std::vector<Segment> segments;
  void* program = ::dlopen(nullptr, RTLD_LAZY);
  std::vector<void*> handles = {program};
  for (std::size_t i = 0; i < handles.size(); ++i) {
    const Layout layout = LayoutOf(handles[i]);
    segments.insert(segments.end(), layout.segments.begin(),
                    layout.segments.end());
    for (const std::string& name : NeedsOf(handles[i])) {
      if (ProviderOf(name) != Provider::kArchive) continue;
      void* need = os::FindLoaded(name);
      if (need != nullptr &&
          std::find(handles.begin(), handles.end(), need) == handles.end()) {
        handles.push_back(need);
      }
    }
  }
  Sort(segments);
  return segments;
}

}  // namespace

Image ImageOf(void* handle, const Layout* layout) {
  const auto* map = static_cast<const link_map*>(handle);
  return ImageAt(map->l_addr, map->l_ld, layout);
}

Image ImageOf(const dl_phdr_info& info) {
  const std::span<const Elf64_Phdr> phdrs{info.dlpi_phdr, info.dlpi_phnum};
  const auto found = std::find_if(
      phdrs.begin(), phdrs.end(),
      [](const Elf64_Phdr& phdr) { return phdr.p_type == PT_DYNAMIC; });
  if (found == phdrs.end()) return {};
  const Layout layout = MakeLayout(phdrs, info.dlpi_addr);
  const std::uintptr_t table = info.dlpi_addr + found->p_vaddr;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): in the object
  const auto* dynamic = reinterpret_cast<const Elf64_Dyn*>(table);
  return ImageAt(info.dlpi_addr, dynamic, &layout);
}
std::vector<std::string> NeedsOf(void* handle) {
  const auto* map = static_cast<const link_map*>(handle);
  const char* strings = nullptr;
  for (const Elf64_Dyn* dyn = map->l_ld; dyn->d_tag != DT_NULL; ++dyn) {
    if (dyn->d_tag == DT_STRTAB) {
      strings = Pointers(map->l_addr).To<char>(dyn->d_un.d_ptr);
    }
  }
  std::vector<std::string> names;
  if (strings == nullptr) return names;
  for (const Elf64_Dyn* dyn = map->l_ld; dyn->d_tag != DT_NULL; ++dyn) {
    if (dyn->d_tag == DT_NEEDED) names.emplace_back(strings + dyn->d_un.d_val);
  }
  return names;
}

Layout LayoutOf(const elf::ElfFile& file, std::uintptr_t base) {
  return MakeLayout(file.program_headers(), base);
}

Layout LayoutOf(void* handle) {
  struct Search {
    const link_map* map;
    Layout layout;
  } search{static_cast<const link_map*>(handle), {}};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        auto& wanted = *static_cast<Search*>(out);
        if (info->dlpi_addr != wanted.map->l_addr ||
            info->dlpi_name != wanted.map->l_name) {
          return 0;
        }
        wanted.layout =
            MakeLayout({info->dlpi_phdr, info->dlpi_phnum}, info->dlpi_addr);
        return 1;
      },
      &search);
  return search.layout;
}

bool IsPythonOrCLibrary(std::uintptr_t address) {
  static const auto& segments =
      *new const std::vector<Segment>(FindPythonAndCLibrary());
  return ContainsAddress(segments, address);
}

const std::vector<Image>& CLibrary() {
  static const auto& images = *new const std::vector<Image>(FindCLibrary());
  return images;
}

bool IsOfCLibrary(const elf::SymbolTable::Reference& reference) {
  const std::vector<Image>& images = CLibrary();
  return std::any_of(images.begin(), images.end(), [&](const Image& image) {
    return image.symbols.Find(reference) != nullptr;
  });
}

bool IsHostProgram(std::uintptr_t address) {
  static const auto& segments =
      *new const std::vector<Segment>(FindHostProgram());
  return ContainsAddress(segments, address);
}

}  // namespace inmem::loader
