// native/loader/relocator.cc: relocates an object that ld.so knows by its
// outline.
#include "loader/relocator.h"

#include <elf.h>
#include <sys/mman.h>

#include <bit>
#include <cstddef>
#include <cstring>
#include <string>

#include "loader/address_map.h"
#include "loader/relocation_kind.h"
#include "loader/slot.h"
#include "os/mapping.h"

namespace inmem::loader {
namespace {

void AddBase(std::uintptr_t slot, std::uintptr_t base) {
  WriteSlot(slot, ReadSlot(slot) + base);
}

// DT_RELR, see elf/relocations.h.
void ApplyRelr(std::span<const Elf64_Xword> words, std::uintptr_t base) {
  constexpr std::uint64_t kWord = sizeof(Elf64_Xword);
  constexpr std::uint64_t kBits = 63;
  std::uintptr_t next = 0;
  for (const Elf64_Xword word : words) {
    if ((word & 1) == 0) {
      AddBase(base + word, base);
      next = base + word + kWord;
      continue;
    }
    for (std::uint64_t bits = word >> 1; bits != 0; bits &= bits - 1) {
      AddBase(next + static_cast<unsigned>(std::countr_zero(bits)) * kWord,
              base);
    }
    next += kBits * kWord;
  }
}

void NoDestructor() {}

// Bound inside by the object's own wish, in every order of search.
bool IsInside(const Elf64_Sym& symbol) {
  return ELF64_ST_BIND(symbol.st_info) == STB_LOCAL ||
         (ELF64_ST_VISIBILITY(symbol.st_other) != STV_DEFAULT &&
          (ELF64_ST_VISIBILITY(symbol.st_other) != STV_PROTECTED ||
           symbol.st_shndx != SHN_UNDEF));
}

}  // namespace

void BeginRelocation(SharedObject& object) {
  const std::uintptr_t base = object.image.base;
  for (const auto& relocations :
       {object.image.relocations, object.image.plt_relocations}) {
    for (const Elf64_Rela& relocation : relocations) {
      if (!IsRelative(
              static_cast<std::uint32_t>(ELF64_R_TYPE(relocation.r_info)))) {
        continue;
      }
      WriteSlot(base + relocation.r_offset,
                base + static_cast<std::uint64_t>(relocation.r_addend));
    }
  }
  ApplyRelr(object.image.relr, base);
}

void TakeOutDestructors(SharedObject& object, const elf::ElfFile& file,
                        std::uintptr_t base, std::uintptr_t dynamic) {
  const auto replace = [&](std::size_t i, std::uint64_t value) {
    const std::uintptr_t at =
        dynamic + i * sizeof(Elf64_Dyn) + offsetof(Elf64_Dyn, d_un);
    object.destructors.emplace_back(at, ReadSlot(at));
    WriteSlot(at, value);
  };
  for (std::size_t i = 0; i < file.dynamic().size(); ++i) {
    const auto tag = file.dynamic()[i].d_tag;
    if (tag == DT_FINI_ARRAYSZ) replace(i, 0);
    if (tag == DT_FINI) {
      replace(i, reinterpret_cast<std::uintptr_t>(&NoDestructor) - base);
    }
  }
}

Status FinishRelocation(SharedObject& object) {
  for (const auto& [at, value] : object.destructors) WriteSlot(at, value);
  object.destructors.clear();
  const Segment& relro = object.layout.relro;
  return relro.begin < relro.end
             ? os::Protect(relro.begin, relro.end, PROT_READ, object.label)
             : Status::Ok();
}

Status Relocator::Bind() {
  object_.report.rebindings.clear();
  if (Status status = BindAll(object_.image.relocations); !status.ok()) {
    return status;
  }
  return BindAll(object_.image.plt_relocations);
}

Status Relocator::BindAll(std::span<const Elf64_Rela> relocations) {
  const std::uintptr_t base = object_.image.base;
  for (const Elf64_Rela& relocation : relocations) {
    const auto type =
        static_cast<std::uint32_t>(ELF64_R_TYPE(relocation.r_info));
    const SlotKind kind = SlotKindOf(type);
    if (kind == SlotKind::kOther) continue;  // RELATIVE, NONE
    const auto index =
        static_cast<std::uint32_t>(ELF64_R_SYM(relocation.r_info));
    const bool is_tls =
        kind == SlotKind::kTlsModule || kind == SlotKind::kTlsOffset;
    const Use use = is_tls || IsCall(type) ? Use::kPlt : Use::kAddress;
    if (index != last_index_ || index == 0 || is_tls != last_is_tls_ ||
        use != last_use_) {
      last_ = {};
      if (Status status = Resolve(index, is_tls, use); !status.ok()) {
        last_index_ = 0;
        return status;
      }
      last_index_ = index;
      last_is_tls_ = is_tls;
      last_use_ = use;
    }
    const auto addend = static_cast<std::uint64_t>(relocation.r_addend);
    const std::uintptr_t slot = base + relocation.r_offset;
    switch (kind) {
      case SlotKind::kAddress:
        WriteSlot(slot, last_.address);
        break;
      case SlotKind::kAddressPlusAddend:
        WriteSlot(slot, last_.address + addend);
        break;
      case SlotKind::kTlsModule:
        // Of nobody's variable, a weak one, ld.so leaves both as they are.
        if (last_.tls_module != 0) WriteSlot(slot, last_.tls_module);
        break;
      case SlotKind::kTlsOffset:
        if (last_.tls_module != 0) WriteSlot(slot, last_.tls_offset + addend);
        break;
      case SlotKind::kOther:
        break;
    }
  }
  return Status::Ok();
}

// Into last_.
Status Relocator::Resolve(std::uint32_t index, bool is_tls, Use use) {
  const Elf64_Sym symbol = object_.image.symbols.At(index);
  const ScopeMember self{&object_, &object_.image, object_.handle};
  if (IsInside(symbol)) {
    last_ = is_tls ? Target{0, TlsModuleOf(object_.handle), symbol.st_value}
                   : Target{AddressOf(symbol, object_.image.base), 0, 0};
    return Status::Ok();
  }
  const Reference reference = object_.image.symbols.ReferenceOf(index);
  Found found;
  if (object_.symbolic) {
    found = {object_.image.symbols.Find(reference, use), &self};
  }
  const HostSymbol* host = nullptr;
  if (found.symbol == nullptr) {
    host = host_.Find(reference, use, redirects_);
    if (ResolveByHost(symbol, host, is_tls)) return Status::Ok();
    found = Search(reference, use);
  }
  if (ResolveByBundle(reference, found, host, is_tls)) return Status::Ok();
  if (host == nullptr) {
    return ResolveByLinker(symbol, reference, found, is_tls);
  }
  if (!is_tls && found.symbol == nullptr &&
      ELF64_ST_BIND(symbol.st_info) == STB_WEAK &&
      symbol.st_shndx == SHN_UNDEF && IsHostProgram(host->address) &&
      !IsOfCLibrary(reference)) {
    Tell(reference, *host, "");
    return Status::Ok();  // null, as on disk
  }
  last_ = {host->address, host->tls_module, host->tls_offset};
  return Status::Ok();
}

// What needs no look at the bundles.
bool Relocator::ResolveByHost(const Elf64_Sym& symbol, const HostSymbol* host,
                              bool is_tls) {
  if (host == nullptr || is_tls) return false;
  if (symbol.st_shndx == SHN_UNDEF) {
    last_.address = host->redirected;
    if (last_.address != 0) return true;
  }
  last_.address = host->is_as_on_disk ? host->address : 0;
  return host->is_as_on_disk;
}

bool Relocator::ResolveByBundle(const Reference& reference, const Found& found,
                                const HostSymbol* host, bool is_tls) {
  if (found.symbol == nullptr || found.member->object == nullptr) return false;
  if (ELF64_ST_BIND(found.symbol->st_info) == STB_GNU_UNIQUE) {
    const bool is_shared = IsSharedWithHost(scope_, reference);
    if (is_shared && (host != nullptr || is_tls)) return false;
    if (!is_tls) {
      const std::uintptr_t linked =
          host != nullptr ? host->address
                          : UniqueAddress(found.member->handle, reference);
      // Else it is Node's, which the object has nothing to agree on with.
      if (linked != 0 && (is_shared || FindRange(linked) != nullptr)) {
        last_.address = linked;
        return true;
      }
    }
  }
  const Target target = TargetIn(found);
  if (is_tls ? target.tls_module == 0 : target.address == 0) return false;
  last_ = target;
  if (host != nullptr) {
    Tell(reference, *host, found.member->object->report.path.c_str());
  }
  return true;
}

Status Relocator::ResolveByLinker(const Elf64_Sym& symbol,
                                  const Reference& reference,
                                  const Found& found, bool is_tls) {
  const bool is_weak = ELF64_ST_BIND(symbol.st_info) == STB_WEAK;
  const bool is_found = found.symbol != nullptr;
  void* const own_scope = is_weak || is_found ? nullptr : object_.handle;
  if (is_tls) {
    const auto variable = host_.FindGlobalTls(reference, own_scope);
    if (variable) {
      last_ = {0, variable->tls_module, variable->tls_offset};
      return Status::Ok();
    }
  } else {
    last_.address = host_.FindGlobal(reference, own_scope);
    if (last_.address != 0 && symbol.st_shndx == SHN_UNDEF) {
      const auto to = redirects_.ByAddress(last_.address);
      if (to != 0) last_.address = to;
    }
    if (last_.address != 0) return Status::Ok();
  }
  if (is_found) {
    last_ = TargetIn(found);
    return Status::Ok();
  }
  if (is_weak) return Status::Ok();
  std::string message =
      object_.label + ": undefined symbol: " + std::string(reference.name);
  if (!reference.version.empty()) {
    message += ", version " + std::string(reference.version);
  }
  return {ErrorCode::kUndefinedSymbol,
          message + "; neither it nor what is loaded with it defines that"};
}

Relocator::Found Relocator::Search(const Reference& reference, Use use) const {
  for (const ScopeMember& member : scope_) {
    if (!member.image->symbols.MayDefine(reference.gnu_hash)) continue;
    const Elf64_Sym* symbol = member.image->symbols.Find(reference, use);
    if (symbol != nullptr) return {symbol, &member};
  }
  return {};
}

Relocator::Target Relocator::TargetIn(const Found& found) const {
  const Elf64_Sym& symbol = *found.symbol;
  if (ELF64_ST_TYPE(symbol.st_info) == STT_TLS) {
    return {0, TlsModuleOf(found.member->handle), symbol.st_value};
  }
  return {AddressOf(symbol, found.member->image->base), 0, 0};
}

void Relocator::Tell(const Reference& reference, const HostSymbol& host,
                     const char* path) {
  object_.report.rebindings.push_back({reference.name, host.address, path});
}

}  // namespace inmem::loader
