// native/loader/copy_runs.cc: the bytes of a copy, in few writes.
#include "loader/copy_runs.h"

#include <algorithm>

#include "os/mapping.h"

namespace inmem::loader {
namespace {

std::vector<elf::FileRange> Merge(const std::vector<elf::FileRange>& ranges) {
  const std::uint64_t page = os::PageSize();
  std::vector<elf::FileRange> merged;
  for (const elf::FileRange& range : ranges) {
    if (range.size_bytes == 0) continue;
    if (!merged.empty()) {
      elf::FileRange& last = merged.back();
      const std::uint64_t end = last.offset_bytes + last.size_bytes;
      if (range.offset_bytes / page <= (end - 1) / page + 1) {
        last.size_bytes =
            range.offset_bytes + range.size_bytes - last.offset_bytes;
        continue;
      }
    }
    merged.push_back(range);
  }
  return merged;
}

// By place; empty where two of them overlap.
std::vector<const elf::Edit*> Sorted(const std::vector<elf::Edit>& edits) {
  std::vector<const elf::Edit*> sorted;
  sorted.reserve(edits.size());
  for (const elf::Edit& edit : edits) sorted.push_back(&edit);
  std::sort(sorted.begin(), sorted.end(),
            [](const elf::Edit* a, const elf::Edit* b) {
              return a->offset_bytes < b->offset_bytes;
            });
  const auto overlap = std::adjacent_find(
      sorted.begin(), sorted.end(), [](const elf::Edit* a, const elf::Edit* b) {
        return b->offset_bytes < a->offset_bytes + a->bytes.size();
      });
  if (overlap != sorted.end()) sorted.clear();
  return sorted;
}

}  // namespace

std::vector<Run> RunsOf(std::span<const std::byte> bytes,
                        const std::vector<elf::FileRange>& ranges,
                        const std::vector<elf::Edit>& edits) {
  const std::vector<const elf::Edit*> sorted = Sorted(edits);
  const bool in_place = !sorted.empty() || edits.empty();
  std::vector<Run> runs;
  std::vector<const elf::Edit*> apart;
  auto next = sorted.begin();
  for (const elf::FileRange& range : Merge(ranges)) {
    Run run{range.offset_bytes, {}};
    std::uint64_t at = range.offset_bytes;
    const std::uint64_t end = at + range.size_bytes;
    const auto take = [&](std::uint64_t until) {
      if (until > at) run.pieces.push_back(bytes.subspan(at, until - at));
      at = until;
    };
    for (; next != sorted.end() && (*next)->offset_bytes < end; ++next) {
      const elf::Edit& edit = **next;
      if (edit.offset_bytes < at ||
          end - edit.offset_bytes < edit.bytes.size()) {
        apart.push_back(&edit);
        continue;
      }
      take(edit.offset_bytes);
      run.pieces.emplace_back(edit.bytes);
      at += edit.bytes.size();
    }
    take(end);
    runs.push_back(std::move(run));
  }
  apart.insert(apart.end(), next, sorted.end());
  if (!in_place) {
    for (const elf::Edit& edit : edits) apart.push_back(&edit);
  }
  for (const elf::Edit* edit : apart) {
    runs.push_back({edit->offset_bytes, {edit->bytes}});
  }
  return runs;
}

}  // namespace inmem::loader
