// native/loader/redirects.cc: functions of the host that bundles must not call.
#include "loader/redirects.h"

#include <dlfcn.h>
#include <elf.h>

#include "loader/host_symbols.h"
#include "loader/image.h"

namespace inmem::loader {

void Redirects::Add(const std::string& name, std::uintptr_t to) {
  by_name_[name] = to;
  waiting_.push_back(name);
  ++added_;
}

void Redirects::Find() const {
  for (const std::string& name : waiting_) {
    const std::uintptr_t to = by_name_.at(name);
    const auto add = [this, to](std::uintptr_t from) {
      if (from != 0 && from != to) by_address_[from] = to;
    };
    // What others are bound to, which in Node may be a stub of Node's own.
    add(reinterpret_cast<std::uintptr_t>(::dlsym(RTLD_DEFAULT, name.c_str())));
    // glibc keeps old versions of a function beside the default one, at other
    // addresses; a wheel is bound to what was there when it was built.
    for (const Image& image : CLibrary()) {
      for (const Elf64_Sym& symbol : image.symbols.FindAll(name)) {
        add(AddressOf(symbol, image.base));
      }
    }
  }
  waiting_.clear();
}

std::uintptr_t Redirects::ByAddress(std::uintptr_t address) const {
  if (!waiting_.empty()) Find();
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? 0 : found->second;
}

std::uintptr_t Redirects::ByName(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? 0 : found->second;
}

}  // namespace inmem::loader
