// native/loader/relocator.h: relocates an object that ld.so knows by its
// outline. Private to the layer.
//
// Technical note. Each reference is bound at once to what it is bound to on
// disk (scope.h), in the order that ld.so and then the binder (binder.h) would
// come to it:
//
//   1. the object itself, where it is local, hidden or protected, or where the
//      object asks for that (DT_SYMBOLIC)
//   2. Python's API and the C library, or what stands for a function of theirs
//      (redirects.h)
//   3. the objects of bundles in the order of search on disk
//   4. the program and its libraries: in Node, Node. Weak references that
//      nothing on disk defines are null instead
//   5. what else ld.so knows of, or a library of the host that the closure
//      needs
//
// STB_GNU_UNIQUE symbols of bundles stay behind 4 where a library of the host
// in the order defines them (binder.h), and ld.so is asked for the one of the
// process. Functions are never bound lazily here. What is undefined is an error
// when the whole closure is there, and not before: libraries that lack a
// DT_NEEDED find their siblings so.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "loader/host_symbols.h"
#include "loader/redirects.h"
#include "loader/registry.h"
#include "loader/scope.h"

namespace inmem::loader {

// Until FinishRelocation ld.so finds no destructors when the process ends: what
// is not bound, or never constructed, must not run. It looks at the values in
// memory. Takes: where ld.so has the object and its dynamic table.
void TakeOutDestructors(SharedObject& object, const elf::ElfFile& file,
                        std::uintptr_t base, std::uintptr_t dynamic);

// What concerns the object alone: its own addresses in its data. Once, when its
// segments are there.
void BeginRelocation(SharedObject& object);

// All is written that ever will be, and constructors come next: destructors are
// back, PT_GNU_RELRO is read-only. Errors: kLoadFailed.
Status FinishRelocation(SharedObject& object);

class Relocator {
 public:
  // All are borrowed. `scope`: as for Binder.
  Relocator(SharedObject& object, const std::vector<ScopeMember>& scope,
            const Redirects& redirects, HostSymbols& host)
      : object_(object), scope_(scope), redirects_(redirects), host_(host) {}

  // Writes all references, and tells in object.report of those that ld.so would
  // have bound to the program. May be called again after an error.
  // Errors: kUndefinedSymbol.
  Status Bind();

 private:
  using Reference = elf::SymbolTable::Reference;
  using Use = elf::SymbolTable::Use;
  // Where a reference leads. Address 0 and no module: null.
  struct Target {
    std::uintptr_t address = 0;
    std::uint64_t tls_module = 0;
    std::uint64_t tls_offset = 0;
  };
  struct Found {
    const Elf64_Sym* symbol = nullptr;
    const ScopeMember* member = nullptr;
  };

  Status BindAll(std::span<const Elf64_Rela> relocations);
  Status Resolve(std::uint32_t index, bool is_tls, Use use);
  bool ResolveByHost(const Elf64_Sym& symbol, const HostSymbol* host,
                     bool is_tls);
  bool ResolveByBundle(const Reference& reference, const Found& found,
                       const HostSymbol* host, bool is_tls);
  Status ResolveByLinker(const Elf64_Sym& symbol, const Reference& reference,
                         const Found& found, bool is_tls);
  Found Search(const Reference& reference, Use use) const;
  Target TargetIn(const Found& found) const;
  void Tell(const Reference& reference, const HostSymbol& host,
            const char* path);

  SharedObject& object_;
  const std::vector<ScopeMember>& scope_;
  const Redirects& redirects_;
  HostSymbols& host_;
  // Of the last relocation: those of one symbol follow each other.
  std::uint32_t last_index_ = 0;
  bool last_is_tls_ = false;
  Use last_use_ = Use::kPlt;
  Target last_;
};

}  // namespace inmem::loader
