// native/elf/file_ranges.cc: parts of a file, put in order.
#include "elf/file_ranges.h"

#include <algorithm>
#include <cstdint>

namespace inmem::elf {

std::vector<FileRange> Merged(std::vector<FileRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const FileRange& a, const FileRange& b) {
              return a.offset_bytes < b.offset_bytes;
            });
  std::vector<FileRange> merged;
  for (const FileRange& range : ranges) {
    if (range.size_bytes == 0) continue;
    const std::uint64_t end = range.offset_bytes + range.size_bytes;
    if (merged.empty() || range.offset_bytes > merged.back().offset_bytes +
                                                   merged.back().size_bytes) {
      merged.push_back(range);
      continue;
    }
    FileRange& last = merged.back();
    last.size_bytes =
        std::max(last.offset_bytes + last.size_bytes, end) - last.offset_bytes;
  }
  return merged;
}

}  // namespace inmem::elf
