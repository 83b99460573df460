// native/elf/map_plan.h: what of an object must be copied, what can be mapped.
//
// Technical note. Mapped loading gives ld.so a sparse file that holds only what
// it reads itself, and maps the read-only segments over its mapping afterwards,
// from the bundle:
//
//   copied   ELF header, program headers, notes; what DT_* point to (symbols,
//            strings, hash tables, versions, relocations); the TLS image; the
//            file part of every writable PT_LOAD
//   mapped   every other PT_LOAD, whole pages
//
// That is right only where ld.so neither writes to nor runs what is not there
// yet: constructors are deferred (PlanDeferConstructors), and an object with
// relocations of its text or with resolvers (IRELATIVE, GNU_IFUNC) is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "elf/elf_file.h"

namespace inmem::elf {

struct MappedSegment {
  std::uint64_t address = 0;       // page-aligned, before the load's base
  std::uint64_t offset_bytes = 0;  // page-aligned, in the file
  std::uint64_t size_bytes = 0;    // whole pages; the last may pass the file
  int protection = 0;              // PROT_*
};

struct MapPlan {
  std::vector<FileRange> copied;  // ascending, disjoint, within the file
  std::vector<MappedSegment> mapped;
};

struct MapDecision {
  std::optional<MapPlan> plan;
  std::string refusal;  // why there is none
};

// Takes: what CheckRelocations told of the file.
// REQUIRES: page_size is a power of two.
MapDecision PlanMapping(const ElfFile& file,
                        const RelocationCounts& relocations,
                        std::uint64_t page_size);

}  // namespace inmem::elf
