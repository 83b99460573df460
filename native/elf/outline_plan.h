// native/elf/outline_plan.h: what ld.so must see of an object that it does not
// relocate.
//
// Technical note. ld.so needs little of an object to know it: the headers, the
// dynamic table, the head of the hash table, versions and the names that they
// and the needs have. All else it reads only in order to relocate. So its file
// may be an outline:
//
//   - laid out by address, with one writable PT_LOAD over the whole object: one
//     mmap, no bss to zero, nothing to protect;
//   - without DT_RELA, DT_JMPREL, DT_RELR and PT_GNU_RELRO, which become
//     DT_DEBUG and PT_NULL: nothing to relocate;
//   - sparse: a handful of pages.
//
// Over that, in memory, come the segments of the bundle's file, the writable
// ones too (private, so that only pages that are written to are copied), and
// then the relocations, by whoever asked for this plan. The program headers
// that are mapped then are the file's own. Only the pages of the dynamic table
// stay: ld.so has written to them, and reads them whenever any thread opens
// anything. They are copied whole.
//
// Until it is mapped over the one writable PT_LOAD counts as private memory of
// the object's whole size, against RLIMIT_DATA and where the kernel commits no
// more than it has (vm.overcommit_memory 2); nothing of it is touched.
//
// That is refused where a relocation needs something that is ld.so's alone
// (static TLS, TLS descriptors), where the object is a filter (ld.so loads
// other libraries in its place), and where the layout is not the usual one. An
// object that cannot be mapped (map_plan.h) has no outline either.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "elf/edit_plan.h"
#include "elf/elf_file.h"

namespace inmem::elf {

// A PT_LOAD: what of its file part is copied, and what memory becomes.
struct OutlineLoad {
  FileRange file;                 // p_offset, p_filesz
  std::uint64_t shift = 0;        // an offset in the outline - one in the file
  std::vector<FileRange> copied;  // ascending, disjoint, within `file`
  // Whole pages; addresses before the load's base.
  std::uint64_t address = 0;
  std::uint64_t offset_bytes = 0;  // in the file
  std::uint64_t file_bytes = 0;    // from the file; 0 for none
  std::uint64_t memory_bytes = 0;  // in all; zero beyond the file's
  // Where in the last page of the file's the zeros begin; 0: nowhere.
  std::uint64_t zeros_address = 0;
  int protection = 0;  // PROT_*
};

struct OutlinePlan {
  std::uint64_t begin_address = 0;  // page-aligned
  std::uint64_t size_bytes = 0;     // whole pages
  std::vector<OutlineLoad> loads;   // ascending
  // The program headers and the dynamic table as ld.so is to see them; offsets
  // in the file. They do not overlap those of PlanDeferConstructors,
  // PlanDrop and PlanRename.
  std::vector<Edit> edits;
  std::uint64_t dynamic_address = 0;
  // Pages of the dynamic table that stay: addresses, and their part of the
  // file.
  std::uint64_t kept_begin = 0;
  std::uint64_t kept_end = 0;
  FileRange kept_file;
};

struct OutlineDecision {
  std::optional<OutlinePlan> plan;
  std::string refusal;  // why there is none
};

// Whether an outline leaves this entry of the dynamic table out.
bool IsLeftToUs(const Elf64_Dyn& dyn);

// Takes: what CheckRelocations told of the file.
// REQUIRES: page_size is a power of two; PlanMapping has a plan for the file.
OutlineDecision PlanOutline(const ElfFile& file,
                            const RelocationCounts& relocations,
                            std::uint64_t page_size);

}  // namespace inmem::elf
