// native/elf/notes.cc: PT_NOTE: the build id.
//
// A note is a header of three words, a name and a descriptor, each padded to
// four bytes (to eight in a segment whose p_align is 8, as PT_GNU_PROPERTY).
// Notes are hints for tools: a malformed one is as good as none.
#include <cstring>

#include "base/checked.h"
#include "elf/bytes.h"
#include "elf/elf_file.h"

namespace inmem::elf {
namespace {

constexpr char kGnu[] = "GNU";  // with its NUL, as n_namesz counts it

std::span<const std::byte> BuildIdOf(std::span<const std::byte> notes,
                                     std::uint64_t padding) {
  std::uint64_t at = 0;
  while (const auto header = ReadAt<Elf64_Nhdr>(notes, at)) {
    const std::uint64_t name = at + sizeof *header;
    // Sums of a file's size and 32-bit numbers: they do not wrap.
    const auto desc = CheckedAlignUp(name + header->n_namesz, padding);
    if (!desc || !RangeFits(*desc, header->n_descsz, notes.size())) return {};
    if (header->n_type == NT_GNU_BUILD_ID && header->n_namesz == sizeof kGnu &&
        std::memcmp(notes.data() + name, kGnu, sizeof kGnu) == 0) {
      return notes.subspan(*desc, header->n_descsz);
    }
    const auto next = CheckedAlignUp(*desc + header->n_descsz, padding);
    if (!next) return {};
    at = *next;
  }
  return {};
}

}  // namespace

std::span<const std::byte> ElfFile::build_id() const {
  for (const Elf64_Phdr& phdr : phdrs_) {
    if (phdr.p_type != PT_NOTE) continue;
    const auto offset = FileOffset(phdr.p_vaddr, phdr.p_filesz);
    if (!offset) continue;
    const auto id = BuildIdOf(bytes_.subspan(*offset, phdr.p_filesz),
                              phdr.p_align == 8 ? 8 : 4);
    if (!id.empty()) return id;
  }
  return {};
}

}  // namespace inmem::elf
