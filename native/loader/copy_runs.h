// native/loader/copy_runs.h: the bytes of a copy, the edits in them, in few
// writes. Private to the layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "elf/edit_plan.h"
#include "elf/elf_file.h"

namespace inmem::loader {

// What one write puts into the copy from `offset_bytes` on. The pieces borrow
// from the object's bytes and from its edits.
struct Run {
  std::uint64_t offset_bytes = 0;
  std::vector<std::span<const std::byte>> pieces;
};

// The ranges of `bytes`, with the edits in place of what they replace. Ranges
// that the same pages hold, or the next ones, become one run: a write costs
// more than what lies between.
// Takes: ranges ascending, disjoint and within `bytes`. An edit that no range
// holds becomes a run of its own at the end; where edits overlap all do, in
// their order: the later one wins.
std::vector<Run> RunsOf(std::span<const std::byte> bytes,
                        const std::vector<elf::FileRange>& ranges,
                        const std::vector<elf::Edit>& edits);

}  // namespace inmem::loader
