// native/loader/binder.cc: an object's references, as they are on disk.
#include "loader/binder.h"

#include <dlfcn.h>
#include <elf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "elf/protection.h"
#include "loader/address_map.h"
#include "loader/host_symbols.h"
#include "loader/relocation_kind.h"
#include "loader/slot.h"
#include "os/mapping.h"

namespace inmem::loader {
namespace {

bool IsOfBundle(std::uintptr_t address) {
  return FindRange(address) != nullptr;
}

}  // namespace

Status Binder::Bind() {
  const std::vector<Change> changes = FindChanges();
  if (Status status = CheckWeakened(); !status.ok()) return status;
  return Write(changes);
}

std::uint64_t Binder::CountViolations() {
  const std::vector<Change> changes = FindChanges();
  return static_cast<std::uint64_t>(std::count_if(
      changes.begin(), changes.end(), [this](const Change& change) {
        return change.captured && !IsChangedByProgram(change);
      }));
}

// gnutls's constructor sets the function pointers of gmp. A variable that the
// dynamic linker filled holds what some object defines under the symbol's name.
bool Binder::IsChangedByProgram(const Change& change) const {
  if (!change.in_data || object_.layout.relro.Contains(change.slot)) {
    return false;
  }
  const auto reference = object_.image.symbols.ReferenceOf(change.symbol);
  const std::string name(reference.name);
  const void* global = ::dlsym(RTLD_DEFAULT, name.c_str());
  if (reinterpret_cast<std::uintptr_t>(global) == change.bound) return false;
  return std::none_of(
      scope_.begin(), scope_.end(), [&](const ScopeMember& member) {
        const Elf64_Sym* found = member.image->symbols.Find(reference);
        return found != nullptr &&
               AddressOf(*found, member.image->base) == change.bound;
      });
}

std::vector<Binder::Change> Binder::FindChanges() {
  std::vector<Change> changes;
  for (const Elf64_Rela& relocation : object_.image.relocations) {
    Inspect(relocation, changes);
  }
  for (const Elf64_Rela& relocation : object_.image.plt_relocations) {
    Inspect(relocation, changes);
  }
  return changes;
}

void Binder::Inspect(const Elf64_Rela& relocation,
                     std::vector<Change>& changes) {
  const auto index = static_cast<std::uint32_t>(ELF64_R_SYM(relocation.r_info));
  if (index == 0) return;
  const SlotKind kind =
      SlotKindOf(static_cast<std::uint32_t>(ELF64_R_TYPE(relocation.r_info)));
  if (kind == SlotKind::kOther) return;
  const Elf64_Sym symbol = object_.image.symbols.At(index);
  // Bound inside by the object's own wish, in every order of search.
  if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL ||
      ELF64_ST_VISIBILITY(symbol.st_other) != STV_DEFAULT) {
    return;
  }
  const std::uintptr_t slot = object_.image.base + relocation.r_offset;
  const std::uint64_t bound = ReadSlot(slot);
  const auto addend = static_cast<std::uint64_t>(relocation.r_addend);
  Change change{slot, 0, index, nullptr, true};
  if (kind == SlotKind::kAddress || kind == SlotKind::kAddressPlusAddend) {
    const std::uint64_t more =
        kind == SlotKind::kAddressPlusAddend ? addend : 0;
    if (const auto to = Redirected(bound - more, index, symbol); to != 0) {
      change.value = to + more;
      change.captured = false;
      changes.push_back(change);
      return;
    }
    if (IsBoundAsOnDisk(bound - more, symbol)) return;
    const auto& target = Lookup(index);
    if (target && target->is_unique && IsOfBundle(bound - more)) return;
    const bool is_absent =
        !target && IsWeakAndOfHost(symbol, bound - more) &&
        !IsOfCLibrary(object_.image.symbols.ReferenceOf(index));
    if (!is_absent && (!target || target->address == 0)) return;
    change.value = is_absent ? more : target->address + more;
    // A call that waits to be bound lazily points into the object's own PLT.
    change.captured = bound - more != 0 && (symbol.st_shndx != SHN_UNDEF ||
                                            !object_.Contains(bound - more));
    change.provider = is_absent ? nullptr : target->provider;
    change.in_data = kind == SlotKind::kAddressPlusAddend;
    change.bound = bound - more;
  } else {
    const auto& target = Lookup(index);
    if (!target || target->tls_module == 0) return;
    change.value = kind == SlotKind::kTlsModule ? target->tls_module
                                                : target->tls_offset + addend;
    change.provider = target->provider;
  }
  if (change.value != bound) changes.push_back(change);
}

// Where the reference goes on purpose; 0: nowhere else.
std::uintptr_t Binder::Redirected(std::uint64_t bound, std::uint32_t index,
                                  const Elf64_Sym& symbol) const {
  if (symbol.st_shndx != SHN_UNDEF) return 0;
  // Bound lazily, the slot points into the object's own PLT until the call.
  if (object_.Contains(bound)) {
    return redirects_.ByName(object_.image.symbols.NameOf(index));
  }
  return redirects_.ByAddress(bound);
}

bool Binder::IsBoundAsOnDisk(std::uint64_t bound,
                             const Elf64_Sym& symbol) const {
  if (IsPythonOrCLibrary(bound)) return true;
  // The first in the order of search is bound to itself, and so is an object
  // that asks for it.
  const bool is_first =
      object_.symbolic || (!scope_.empty() && scope_[0].object == &object_);
  return is_first && symbol.st_shndx != SHN_UNDEF && object_.Contains(bound);
}

// Whether the reference is weak, and bound to what is there only inside Node.
bool Binder::IsWeakAndOfHost(const Elf64_Sym& symbol, std::uint64_t bound) {
  return ELF64_ST_BIND(symbol.st_info) == STB_WEAK &&
         symbol.st_shndx == SHN_UNDEF && IsHostProgram(bound);
}

const std::optional<Binder::Target>& Binder::Lookup(std::uint32_t symbol) {
  const auto [entry, is_new] = known_.try_emplace(symbol);
  if (is_new) entry->second = Search(symbol);
  return entry->second;
}

std::optional<Binder::Target> Binder::Search(std::uint32_t symbol) const {
  const auto reference = object_.image.symbols.ReferenceOf(symbol);
  const ScopeMember self{&object_, &object_.image, object_.handle};
  const auto look_in =
      [&reference](const ScopeMember& member) -> const Elf64_Sym* {
    return member.image->symbols.Find(reference);
  };
  const Elf64_Sym* found = object_.symbolic ? look_in(self) : nullptr;
  const ScopeMember* member = &self;
  for (std::size_t i = 0; found == nullptr && i < scope_.size(); ++i) {
    member = &scope_[i];
    found = look_in(*member);
  }
  if (found == nullptr) return std::nullopt;
  Target target;
  target.is_unique = ELF64_ST_BIND(found->st_info) == STB_GNU_UNIQUE;
  if (member->object == nullptr ||
      (target.is_unique && IsSharedWithHost(scope_, reference))) {
    return target;
  }
  target.provider = member->object;
  if (ELF64_ST_TYPE(found->st_info) == STT_TLS) {
    target.tls_module = TlsModuleOf(member->object->handle);
    target.tls_offset = found->st_value;
  } else {
    target.address = AddressOf(*found, member->image->base);
  }
  return target;
}

Status Binder::CheckWeakened() const {
  for (const std::uint32_t symbol : object_.weakened) {
    // Null was allowed to stay; whether it did, only a lookup tells.
    const auto known = known_.find(symbol);
    if (known == known_.end() || known->second) continue;
    const auto reference = object_.image.symbols.ReferenceOf(symbol);
    const std::string name(reference.name);
    if (::dlsym(RTLD_DEFAULT, name.c_str()) != nullptr) continue;
    return {ErrorCode::kUndefinedSymbol,
            object_.label + ": undefined symbol: " + name +
                "; neither it nor what is loaded with it defines that"};
  }
  return Status::Ok();
}

Status Binder::Write(const std::vector<Change>& changes) {
  if (changes.empty()) return Status::Ok();
  std::unique_ptr<os::WritablePages> relro;
  for (const Change& change : changes) {
    std::unique_ptr<os::WritablePages> page;
    if (object_.layout.relro.Contains(change.slot)) {
      if (!relro) {
        relro = std::make_unique<os::WritablePages>(
            object_.layout.relro.begin, object_.layout.relro.end, PROT_READ);
      }
      if (Status s = relro->status(object_.label); !s.ok()) return s;
    } else {
      const auto segment = std::find_if(
          object_.layout.segments.begin(), object_.layout.segments.end(),
          [&change](const Segment& s) { return s.Contains(change.slot); });
      if (segment == object_.layout.segments.end()) continue;
      if ((segment->flags & PF_W) == 0) {  // DT_TEXTREL
        page = std::make_unique<os::WritablePages>(
            change.slot, change.slot + sizeof change.value,
            elf::ProtectionOf(segment->flags));
        if (Status s = page->status(object_.label); !s.ok()) return s;
      }
    }
    const std::uint64_t before = ReadSlot(change.slot);
    WriteSlot(change.slot, change.value);
    if (!change.captured) continue;
    object_.report.rebindings.push_back(
        {object_.image.symbols.NameOf(change.symbol), before,
         change.provider != nullptr ? change.provider->report.path.c_str()
                                    : ""});
  }
  return Status::Ok();
}

}  // namespace inmem::loader
