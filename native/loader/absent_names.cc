// native/loader/absent_names.cc: names that nothing in the process defines.
#include "loader/absent_names.h"

#include <link.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "loader/image.h"

namespace inmem::loader {
namespace {

bool Defines(const elf::SymbolTable& object, std::string_view name,
             std::uint32_t gnu_hash) {
  return object.MayDefine(gnu_hash) && !object.FindAll(name).empty();
}

}  // namespace

bool AbsentNames::Has(const Reference& reference) const {
  const auto [begin, end] = names_.equal_range(reference.gnu_hash);
  return std::any_of(begin, end, [&](const auto& known) {
    return known.second == reference.name;
  });
}

bool AbsentNames::Add(const Reference& reference) {
  if (IsDefined(&reference)) return false;
  if (!Has(reference)) names_.emplace(reference.gnu_hash, reference.name);
  return true;
}

bool AbsentNames::IsDefined(const Reference* asked) {
  struct Walk {
    AbsentNames& self;
    const Reference* wanted;
    std::size_t at = 0;
    bool is_defined = false;
  } walk{*this, asked};
  // All of it under ld.so's lock: nothing is unloaded meanwhile.
  const auto visit = [](dl_phdr_info* info, std::size_t, void* out) {
    auto& [self, wanted, at, is_defined] = *static_cast<Walk*>(out);
    if (at == 0) {
      const bool is_same =
          info->dlpi_adds == self.loads_ && info->dlpi_subs == self.unloads_;
      if (is_same && wanted == nullptr) return 1;
      // Also those that were kept may now be others.
      if (info->dlpi_subs != self.unloads_) self.objects_.clear();
      self.loads_ = info->dlpi_adds;
      self.unloads_ = info->dlpi_subs;
    }
    if (at == self.objects_.size()) {
      const elf::SymbolTable& object =
          self.objects_.emplace_back(ImageOf(*info).symbols);
      std::erase_if(self.names_, [&](const auto& name) {
        return Defines(object, name.second, name.first);
      });
    }
    const elf::SymbolTable& object = self.objects_[at++];
    is_defined =
        is_defined ||
        (wanted != nullptr && Defines(object, wanted->name, wanted->gnu_hash));
    return 0;
  };
  ::dl_iterate_phdr(visit, &walk);
  return walk.is_defined;
}

}  // namespace inmem::loader
