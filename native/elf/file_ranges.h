// native/elf/file_ranges.h: parts of a file, put in order. Private to the
// layer.
#pragma once

#include <vector>

#include "elf/elf_file.h"

namespace inmem::elf {

// Ascending, disjoint, without empty ones; those that touch become one.
std::vector<FileRange> Merged(std::vector<FileRange> ranges);

}  // namespace inmem::elf
