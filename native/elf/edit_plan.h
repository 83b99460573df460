// native/elf/edit_plan.h: edits of a copy, planned here, applied by loader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "elf/elf_file.h"

namespace inmem::elf {

// Bytes that replace those of the copy from `offset_bytes` on. An edit never
// changes the size of the file.
struct Edit {
  std::uint64_t offset_bytes = 0;
  std::vector<std::byte> bytes;
};

// Makes the copy ask for `new_name` wherever it asks for the library
// `file.needs()[need]`: its DT_NEEDED and the vn_file of its version needs (the
// dynamic linker looks both up by name, and they need not share one string).
// nullopt where the new name is longer than the old one: strings are
// overwritten in place, since a table that grows has nowhere to go.
std::optional<std::vector<Edit>> PlanRename(const ElfFile& file,
                                            std::size_t need,
                                            std::string_view new_name);

// Makes the copy not ask for `file.needs()[need]` any more. DT_DEBUG is what
// every executable carries and the dynamic linker ignores in a library.
Edit PlanDrop(const ElfFile& file, std::size_t need);

// DT_INIT, DT_INIT_ARRAY and DT_INIT_ARRAYSZ become DT_DEBUG in the copy: ld.so
// runs nothing when it loads it. Destructors stay.
std::vector<Edit> PlanDeferConstructors(const ElfFile& file);

// Undefined strong symbols become weak in the copy, so that ld.so leaves null
// where nothing defines them yet: for a library that is loaded before the
// sibling that completes it.
std::vector<Edit> PlanWeakenUndefined(const ElfFile& file);

}  // namespace inmem::elf
