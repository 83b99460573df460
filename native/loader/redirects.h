// native/loader/redirects.h: functions of the host that bundles must not call.
// Private to the layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace inmem::loader {

// References of bundles' objects to functions of the C library that go
// elsewhere: dlopen, so that a plugin inside an archive is found; open and its
// like, so that data files are.
// Threads: callers hold the loader's mutex.
class Redirects {
 public:
  void Add(const std::string& name, std::uintptr_t to);

  // Where a reference that is bound to `address` goes; 0: it stays.
  std::uintptr_t ByAddress(std::uintptr_t address) const;
  // The same for one that is not bound yet.
  std::uintptr_t ByName(std::string_view name) const;

  // How many were added so far.
  std::size_t count() const { return added_; }

 private:
  // Addresses are looked up when the first object is bound: a start without
  // any has no need of a thousand lookups.
  void Find() const;

  std::size_t added_ = 0;
  mutable std::vector<std::string> waiting_;
  mutable std::unordered_map<std::uintptr_t, std::uintptr_t> by_address_;
  std::unordered_map<std::string, std::uintptr_t> by_name_;
};

}  // namespace inmem::loader
