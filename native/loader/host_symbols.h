// native/loader/host_symbols.h: what the program has, by name.
// Private to the layer.
//
// Technical note. ld.so looks a reference up in the global scope first: the
// program and what it needs, breadth first, and then what was opened
// RTLD_GLOBAL, of which this addon (with what it needs) is the one that counts
// for wheels: it has Python's API. All of these are there for good, so that
// what was found once is kept: most references of wheels are to the same few
// hundred names. What else was opened RTLD_GLOBAL only ld.so knows; it is asked
// last (FindGlobal), since nothing of a bundle may be bound to that before what
// the bundle itself has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "elf/symbol_table.h"
#include "loader/absent_names.h"
#include "loader/image.h"
#include "loader/redirects.h"

namespace inmem::loader {

// Where a reference leads.
struct HostSymbol {
  std::uintptr_t address = 0;  // 0 for a thread-local variable
  std::uint64_t tls_module = 0;
  std::uint64_t tls_offset = 0;
  std::uintptr_t redirected = 0;  // where it goes on purpose; 0: nowhere else
  bool is_as_on_disk = false;     // Python's API or the C library's
};

// The address of a definition, as ld.so computes it: runs a resolver.
std::uintptr_t AddressOf(const Elf64_Sym& symbol, std::uintptr_t base);

// ld.so's number for the object that has the variable; 0 where it has none.
std::uint64_t TlsModuleOf(void* handle);

// Where ld.so binds an STB_GNU_UNIQUE symbol that the object defines: to the
// first one of that name in the process, which only ld.so knows.
std::uintptr_t UniqueAddress(void* handle,
                             const elf::SymbolTable::Reference& reference);

// Threads: callers hold the loader's mutex.
class HostSymbols {
 public:
  HostSymbols();

  using Reference = elf::SymbolTable::Reference;
  using Use = elf::SymbolTable::Use;

  // Whether the order of search is known, and nobody watches ld.so's binding:
  // not where LD_PRELOAD put something into it, nor with LD_DEBUG=bindings,
  // LD_AUDIT or LD_PROFILE.
  bool IsKnown();

  // What the program, this addon and their libraries have; null for nothing.
  // Valid until `redirects` change.
  const HostSymbol* Find(const Reference& reference, Use use,
                         const Redirects& redirects);

  // What ld.so finds in its global scope or, unless the handle is null, in the
  // scope of that object; 0 for nothing. Not of thread-local variables. What
  // is not there is kept until BeginBinding.
  std::uintptr_t FindGlobal(const Reference& reference, void* handle);

  // The same for a thread-local variable.
  std::optional<HostSymbol> FindGlobalTls(const Reference& reference,
                                          void* handle) const;

  // Others may have loaded something since, or made it global.
  void BeginBinding() {
    absent_.LookAgain();
    missing_.clear();
  }

 private:
  struct Member {
    void* handle;
    Image image;
  };
  struct Kept {
    std::string name;
    std::string version;
    bool version_hidden;
    Use use;
    HostSymbol symbol;
  };

  void FindMembers();
  const HostSymbol* FindKept(const Reference& reference, Use use) const;
  const HostSymbol* Keep(const Reference& reference, Use use,
                         const HostSymbol& symbol);

  // Of the environment, which JavaScript may be changing later.
  const bool is_watched_;
  bool is_ready_ = false;
  bool is_known_ = false;
  std::vector<Member> members_;
  // A table of places in `kept_` + 1 by hash of the name, open addressing; 0:
  // free.
  std::vector<std::uint32_t> table_;
  std::vector<std::uint32_t> hashes_;
  std::deque<Kept> kept_;
  AbsentNames absent_;
  // Names and versions of what is not in the global scope, but somewhere.
  std::unordered_set<std::string> missing_;
  std::size_t redirect_count_ = 0;
};

}  // namespace inmem::loader
