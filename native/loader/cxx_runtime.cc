// native/loader/cxx_runtime.cc: the host's C++ runtime, for code of bundles.
#include "loader/cxx_runtime.h"

#include <elf.h>
#include <sys/mman.h>

#include <cstdint>
#include <memory>

#include "elf/symbol_table.h"
#include "loader/image.h"
#include "loader/relocation_kind.h"
#include "os/dynamic_linker.h"
#include "os/mapping.h"

namespace inmem::loader {
namespace {

class Redirector {
 public:
  Redirector(void* handle, const Redirects& redirects)
      : image_(ImageOf(handle)),
        layout_(LayoutOf(handle)),
        redirects_(redirects) {}

  void Inspect(const Elf64_Rela& relocation) {
    const auto symbol =
        static_cast<std::uint32_t>(ELF64_R_SYM(relocation.r_info));
    const SlotKind kind =
        SlotKindOf(static_cast<std::uint32_t>(ELF64_R_TYPE(relocation.r_info)));
    if (symbol == 0 ||
        (kind != SlotKind::kAddress && kind != SlotKind::kAddressPlusAddend)) {
      return;
    }
    if (image_.symbols.At(symbol).st_shndx != SHN_UNDEF) return;
    const std::uintptr_t to = redirects_.ByName(image_.symbols.NameOf(symbol));
    if (to != 0) Write(image_.base + relocation.r_offset, to);
  }
  void InspectAll() {
    for (const auto& relocation : image_.relocations) Inspect(relocation);
    for (const auto& relocation : image_.plt_relocations) Inspect(relocation);
  }

 private:
  // One store: other threads may be calling by this slot.
  void Write(std::uintptr_t slot, std::uintptr_t to) {
    if (layout_.relro.Contains(slot) && pages_ == nullptr) {
      pages_ = std::make_unique<os::WritablePages>(
          layout_.relro.begin, layout_.relro.end, PROT_READ);
      // Without write access its files stay the kernel's.
      is_writable_ = pages_->status("libstdc++.so.6").ok();
    }
    if (!is_writable_) return;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a slot of the object's table
    __atomic_store_n(reinterpret_cast<std::uintptr_t*>(slot), to,
                     __ATOMIC_RELAXED);
  }

  Image image_;
  Layout layout_;
  const Redirects& redirects_;
  std::unique_ptr<os::WritablePages> pages_;
  bool is_writable_ = true;
};

}  // namespace

bool RedirectCxxRuntime(const Redirects& redirects) {
  void* handle = os::FindLoaded("libstdc++.so.6");
  if (handle == nullptr) return false;
  Redirector(handle, redirects).InspectAll();
  return true;
}

}  // namespace inmem::loader
