// native/loader/image.h: a loaded object as it lies in memory.
// Private to the layer.
#pragma once

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "elf/elf_file.h"
#include "elf/symbol_table.h"

namespace inmem::loader {

// What lookups and relocations need of an object, read from its link_map. The
// dynamic linker trusts these tables, and so do we: of an object of a bundle
// elf::ElfFile has verified them before it was loaded. All views borrow from
// the mapped object, which is never unloaded.
struct Image {
  std::uintptr_t base = 0;  // link_map::l_addr
  elf::SymbolTable symbols;
  std::span<const Elf64_Rela> relocations;      // DT_RELA
  std::span<const Elf64_Rela> plt_relocations;  // DT_JMPREL
  std::span<const Elf64_Xword> relr;            // DT_RELR
};

struct Layout;

// Takes: a handle of dlopen; where the object lies, if that is known. Without
// it an object that was linked at a high address can be misread.
Image ImageOf(void* handle, const Layout* layout = nullptr);

// Of what dl_iterate_phdr tells of; empty where that has no dynamic table.
Image ImageOf(const dl_phdr_info& info);

// Names that it needs. Takes: ditto.
std::vector<std::string> NeedsOf(void* handle);

// A PT_LOAD or PT_GNU_RELRO in memory. `flags`: PF_*.
struct Segment {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::uint32_t flags = 0;
  bool Contains(std::uintptr_t address) const {
    return address >= begin && address < end;
  }
};

// PT_LOADs and PT_GNU_RELRO of an object in memory.
struct Layout {
  std::vector<Segment> segments;  // ascending
  Segment relro;                  // whole pages; empty where there is none
};

// Of the host's library of this handle.
Layout LayoutOf(void* handle);

// Of an object of which ld.so said that it lies at `base`.
Layout LayoutOf(const elf::ElfFile& file, std::uintptr_t base);

// What dlopen outside Node would find before any bundle: this addon, which
// stands in for the python executable, and the C library. A reference that is
// bound there is bound as it is on disk.
// Threads: may be called concurrently.
bool IsPythonOrCLibrary(std::uintptr_t address);

// The parts of the C library that are loaded.
// Threads: may be called concurrently.
const std::vector<Image>& CLibrary();

// Whether the C library or the C++ runtime defines it. In Node a reference to
// that may be bound to Node all the same: to a stub, where Node takes the
// function's address, or to Node's copy of a variable.
// Threads: may be called concurrently.
bool IsOfCLibrary(const elf::SymbolTable::Reference& reference);

// The executable, and the libraries that it brought along and that no wheel may
// expect of a host: Node, as one file or as Debian's libnode with its OpenSSL.
// Outside Node none of it is there.
// Threads: may be called concurrently.
bool IsHostProgram(std::uintptr_t address);

}  // namespace inmem::loader
