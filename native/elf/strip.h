// native/elf/strip.h: a shared object without what only debuggers read.
//
// What goes: sections that no segment holds and that are called .debug_* and
// the like, the full symbol table (.symtab; the dynamic one stays) with its
// strings, and the relocations of those. What stays keeps its content, bit for
// bit, and its address; only its place in the file may change, by multiples of
// the segments' alignment, where something before it went (patchelf puts a
// segment behind the debug sections). So what the dynamic linker sees is the
// same but for offsets in the file and indexes of sections.
//
// What is not understood stays as it is: another class or byte order, no
// section headers, bytes behind all that the headers name (a payload that the
// program looks for itself), a section that stays and refers to one that goes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace inmem::elf {

// The file's bytes without debug sections; nullopt where it stays as it is.
std::optional<std::vector<std::byte>> WithoutDebug(
    std::span<const std::byte> file);

}  // namespace inmem::elf
