// native/loader/binder.h: an object's references, as they are on disk.
// Private to the layer.
//
// Technical note. The dynamic linker has relocated the object in Node's order
// of search, in which Node and its libraries come first: a wheel's libssl then
// calls Node's OpenSSL. No constructor has run yet, so each slot that a
// symbol's address was written to can still be changed. For each relocation
// that names a symbol the slot tells where it is bound; nearly all are bound to
// python's API, to the C library or inside the object, and need no lookup. The
// rest are looked up as on disk (scope.h), and where that gives an object of a
// bundle and another address, the slot gets that address. Whatever the lookup
// gives of the host's C++ runtime stays: there Node's copy (of std::cout) is
// the one that everybody uses. Another library of the host, such as libz.so.1,
// is bound itself where it came with the bundle's object; one that was in use
// before keeps its bindings, and so do references to it.
//
// A weak reference that nothing of the order defines is null on disk, and may
// not be Node's: libraries ask by it which features there are.
//
// What is shared on purpose, also where a bundle defines it:
//   - STB_GNU_UNIQUE symbols, whose meaning is "once in the process": static
//     members of templates that libstdc++ and others must agree on. The dynamic
//     linker keeps a table of its own for them, on disk too. But a library with
//     a static libstdc++ of its own has nothing to agree on with Node's: by the
//     ids of Node's locale it finds no facets in its own. Where no library of
//     the host that it needs defines the symbol, it is bound as others are.
//   - Functions that go elsewhere on purpose (redirects.h).
// Nothing else; the C library and the C++ runtime come from the host by need
// (host_libraries.h), and not by symbol.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "loader/redirects.h"
#include "loader/registry.h"
#include "loader/scope.h"

namespace inmem::loader {

class Binder {
 public:
  // All are borrowed. `scope`: of the root whose closure `object` came with,
  // or with which it is completed.
  Binder(SharedObject& object, const std::vector<ScopeMember>& scope,
         const Redirects& redirects)
      : object_(object), scope_(scope), redirects_(redirects) {}

  // Changes the slots, and tells of it in object.report.
  // Errors: kUndefinedSymbol (a weakened symbol that nothing defines),
  // kLoadFailed (memory cannot be made writable).
  Status Bind();

  // How many slots are not what they are on disk, by the dynamic linker's
  // doing; a pointer that the program has changed since is none. Changes
  // nothing.
  std::uint64_t CountViolations();

 private:
  struct Target {
    const SharedObject* provider = nullptr;  // null: the host's, left alone
    std::uintptr_t address = 0;              // of the symbol; 0 for TLS
    std::uint64_t tls_module = 0;            // of TLS
    std::uint64_t tls_offset = 0;            // ditto
    bool is_unique = false;                  // STB_GNU_UNIQUE
  };
  struct Change {
    std::uintptr_t slot = 0;
    std::uint64_t value = 0;
    std::uint32_t symbol = 0;
    const SharedObject* provider = nullptr;  // null: nothing
    bool captured = false;                   // it was bound, and elsewhere
    bool in_data = false;     // in a variable, which the program may change
    std::uint64_t bound = 0;  // address that it was bound to
  };

  std::vector<Change> FindChanges();
  std::uintptr_t Redirected(std::uint64_t bound, std::uint32_t index,
                            const Elf64_Sym& symbol) const;
  void Inspect(const Elf64_Rela& relocation, std::vector<Change>& changes);
  bool IsBoundAsOnDisk(std::uint64_t bound, const Elf64_Sym& symbol) const;
  static bool IsWeakAndOfHost(const Elf64_Sym& symbol, std::uint64_t bound);
  const std::optional<Target>& Lookup(std::uint32_t symbol);
  std::optional<Target> Search(std::uint32_t symbol) const;
  bool IsChangedByProgram(const Change& change) const;
  Status CheckWeakened() const;
  Status Write(const std::vector<Change>& changes);

  SharedObject& object_;
  const std::vector<ScopeMember>& scope_;
  const Redirects& redirects_;
  std::unordered_map<std::uint32_t, std::optional<Target>> known_;
};

}  // namespace inmem::loader
