// native/loader/host_symbols.cc: what the program has, by name.
#include "loader/host_symbols.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "os/dynamic_linker.h"

namespace inmem::loader {
namespace {

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// Who asks ld.so to tell of each binding wants all of them.
bool IsWatched() {
  const char* debug = std::getenv("LD_DEBUG");
  const std::string_view topics = debug != nullptr ? debug : "";
  return topics.find("bindings") != std::string_view::npos ||
         topics.find("symbols") != std::string_view::npos ||
         topics.find("all") != std::string_view::npos || IsSet("LD_AUDIT") ||
         IsSet("LD_PROFILE");
}

// Handles of the object and all that it needs, breadth first.
std::vector<void*> WithNeeds(void* root) {
  std::vector<void*> handles{root};
  for (std::size_t i = 0; i < handles.size(); ++i) {
    for (const std::string& name : NeedsOf(handles[i])) {
      void* need = os::FindLoaded(name);
      if (need != nullptr &&
          std::find(handles.begin(), handles.end(), need) == handles.end()) {
        handles.push_back(need);
      }
    }
  }
  return handles;
}

// Whether nothing stands between the program and its first need in ld.so's list
// but the kernel's own object (vdso): preloaded libraries would.
bool HasNoPreloads(const std::vector<void*>& program) {
  const auto* next = static_cast<const link_map*>(program[0])->l_next;
  if (next != nullptr && std::string_view(next->l_name).starts_with("linux-")) {
    next = next->l_next;
  }
  return program.size() < 2 || next == program[1];
}

void* OwnHandle() {
  Dl_info info = {};
  void* map = nullptr;
  const auto* here = reinterpret_cast<const void*>(&OwnHandle);
  return ::dladdr1(here, &info, &map, RTLD_DL_LINKMAP) != 0 ? map : nullptr;
}

void* Ask(void* handle, const HostSymbols::Reference& reference) {
  const std::string name(reference.name);
  if (reference.version.empty()) return ::dlsym(handle, name.c_str());
  const std::string version(reference.version);
  return ::dlvsym(handle, name.c_str(), version.c_str());
}

// In the global scope or, unless the handle is null, in the object's.
void* AskFor(const HostSymbols::Reference& reference, void* handle) {
  void* address = Ask(RTLD_DEFAULT, reference);
  if (address != nullptr || handle == nullptr) return address;
  return Ask(handle, reference);
}

}  // namespace

std::uintptr_t AddressOf(const Elf64_Sym& symbol, std::uintptr_t base) {
  const std::uintptr_t address =
      symbol.st_shndx == SHN_ABS ? symbol.st_value : base + symbol.st_value;
  if (ELF64_ST_TYPE(symbol.st_info) != STT_GNU_IFUNC ||
      symbol.st_shndx == SHN_UNDEF) {
    return address;
  }
  // The object itself says which of its functions fits this processor.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): its code
  return reinterpret_cast<std::uintptr_t (*)()>(address)();
}

std::uint64_t TlsModuleOf(void* handle) {
  std::size_t module = 0;
  return ::dlinfo(handle, RTLD_DI_TLS_MODID, &module) == 0 ? module : 0;
}

std::uintptr_t UniqueAddress(void* handle,
                             const elf::SymbolTable::Reference& reference) {
  void* address = Ask(handle, reference);
  // One without versions counts for every version.
  if (address == nullptr && !reference.version.empty()) {
    address = ::dlsym(handle, std::string(reference.name).c_str());
  }
  return reinterpret_cast<std::uintptr_t>(address);
}

HostSymbols::HostSymbols() : is_watched_(IsWatched()) {}

bool HostSymbols::IsKnown() {
  if (!is_ready_) FindMembers();
  return is_known_;
}

void HostSymbols::FindMembers() {
  is_ready_ = true;
  void* main = ::dlopen(nullptr, RTLD_LAZY);
  void* own = OwnHandle();
  if (main == nullptr || own == nullptr || is_watched_) return;
  std::vector<void*> handles = WithNeeds(main);
  is_known_ = HasNoPreloads(handles);
  for (void* handle : WithNeeds(own)) {
    if (std::find(handles.begin(), handles.end(), handle) == handles.end()) {
      handles.push_back(handle);
    }
  }
  for (void* handle : handles) members_.push_back({handle, ImageOf(handle)});
}

const HostSymbol* HostSymbols::FindKept(const Reference& reference,
                                        Use use) const {
  if (table_.empty()) return nullptr;
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = reference.gnu_hash & mask; table_[at] != 0;
       at = (at + 1) & mask) {
    const std::size_t place = table_[at] - 1;
    if (hashes_[place] != reference.gnu_hash) continue;
    const Kept& kept = kept_[place];
    if (kept.name == reference.name && kept.version == reference.version &&
        kept.version_hidden == reference.version_hidden && kept.use == use) {
      return &kept.symbol;
    }
  }
  return nullptr;
}

const HostSymbol* HostSymbols::Keep(const Reference& reference, Use use,
                                    const HostSymbol& symbol) {
  kept_.push_back({std::string(reference.name), std::string(reference.version),
                   reference.version_hidden, use, symbol});
  hashes_.push_back(reference.gnu_hash);
  // At most half full.
  const bool grows = kept_.size() * 2 > table_.size();
  if (grows) {
    table_.assign(std::max<std::size_t>(4096, table_.size() * 2), 0);
  }
  for (std::size_t i = grows ? 0 : kept_.size() - 1; i < kept_.size(); ++i) {
    std::size_t at = hashes_[i] & (table_.size() - 1);
    while (table_[at] != 0) at = (at + 1) & (table_.size() - 1);
    table_[at] = static_cast<std::uint32_t>(i + 1);
  }
  return &kept_.back().symbol;
}

const HostSymbol* HostSymbols::Find(const Reference& reference, Use use,
                                    const Redirects& redirects) {
  if (redirect_count_ != redirects.count()) {
    redirect_count_ = redirects.count();
    table_.clear();
    hashes_.clear();
    kept_.clear();
  }
  if (const HostSymbol* kept = FindKept(reference, use)) return kept;
  for (const Member& member : members_) {
    if (!member.image.symbols.MayDefine(reference.gnu_hash)) continue;
    const Elf64_Sym* found = member.image.symbols.Find(reference, use);
    if (found == nullptr) continue;
    HostSymbol symbol;
    if (ELF64_ST_TYPE(found->st_info) == STT_TLS) {
      symbol.tls_module = TlsModuleOf(member.handle);
      symbol.tls_offset = found->st_value;
    } else {
      if (ELF64_ST_BIND(found->st_info) == STB_GNU_UNIQUE) {
        symbol.address = UniqueAddress(member.handle, reference);
      }
      if (symbol.address == 0) {
        symbol.address = AddressOf(*found, member.image.base);
      }
      symbol.is_as_on_disk = IsPythonOrCLibrary(symbol.address);
      symbol.redirected = redirects.ByAddress(symbol.address);
    }
    return Keep(reference, use, symbol);
  }
  return nullptr;
}

std::uintptr_t HostSymbols::FindGlobal(const Reference& reference,
                                       void* handle) {
  if (handle == nullptr && absent_.Has(reference)) return 0;
  std::string key(reference.name);
  key.append(1, '@').append(reference.version);
  if (handle == nullptr && missing_.contains(key)) return 0;
  void* address = AskFor(reference, handle);
  if (address == nullptr && !absent_.Add(reference)) {
    missing_.insert(std::move(key));
  }
  return reinterpret_cast<std::uintptr_t>(address);
}

// ld.so gives the address of this thread's variable: whose it is tells the one
// that has a variable of that name there.
std::optional<HostSymbol> HostSymbols::FindGlobalTls(const Reference& reference,
                                                     void* handle) const {
  const void* address = AskFor(reference, handle);
  if (address == nullptr) return std::nullopt;
  auto* map = static_cast<link_map*>(::dlopen(nullptr, RTLD_LAZY));
  for (; map != nullptr; map = map->l_next) {
    if (TlsModuleOf(map) == 0) continue;
    const Elf64_Sym* found =
        ImageOf(map).symbols.Find(reference, Use::kAddress);
    if (found == nullptr || ELF64_ST_TYPE(found->st_info) != STT_TLS ||
        Ask(map, reference) != address) {
      continue;
    }
    HostSymbol symbol;
    symbol.tls_module = TlsModuleOf(map);
    symbol.tls_offset = found->st_value;
    return symbol;
  }
  return std::nullopt;
}

}  // namespace inmem::loader
