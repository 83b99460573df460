// native/elf/edit_plan.cc: edits of a copy, planned here, applied by loader.
#include "elf/edit_plan.h"

#include <cstddef>
#include <cstring>
#include <set>

#include "elf/bytes.h"

namespace inmem::elf {
namespace {

// What every executable carries and ld.so ignores in a library.
constexpr Elf64_Sxword kIgnoredTag = DT_DEBUG;

Edit Overwrite(std::uint64_t offset_bytes, std::string_view text) {
  Edit edit{offset_bytes, std::vector<std::byte>(text.size() + 1)};
  std::memcpy(edit.bytes.data(), text.data(), text.size());
  return edit;
}

template <typename T>
Edit Replace(std::uint64_t offset_bytes, const T& value) {
  Edit edit{offset_bytes, std::vector<std::byte>(sizeof value)};
  std::memcpy(edit.bytes.data(), &value, sizeof value);
  return edit;
}

}  // namespace

std::optional<std::vector<Edit>> PlanRename(const ElfFile& file,
                                            std::size_t need,
                                            std::string_view new_name) {
  const Need& old = file.needs()[need];
  if (new_name.size() > old.name.size()) return std::nullopt;
  std::set<std::uint64_t> places{old.name_offset_bytes};
  for (const VersionNeed& version : file.version_needs()) {
    if (version.file == old.name) places.insert(version.file_offset_bytes);
  }
  std::vector<Edit> edits;
  edits.reserve(places.size());
  for (const std::uint64_t place : places) {
    edits.push_back(Overwrite(place, new_name));
  }
  return edits;
}

Edit PlanDrop(const ElfFile& file, std::size_t need) {
  return Replace(file.needs()[need].dyn_offset_bytes, kIgnoredTag);
}

std::vector<Edit> PlanDeferConstructors(const ElfFile& file) {
  std::vector<Edit> edits;
  for (std::size_t i = 0; i < file.dynamic().size(); ++i) {
    const Elf64_Sxword tag = file.dynamic()[i].d_tag;
    if (tag != DT_INIT && tag != DT_INIT_ARRAY && tag != DT_INIT_ARRAYSZ) {
      continue;
    }
    edits.push_back(Replace(file.dynamic_offset_bytes() + i * sizeof(Elf64_Dyn),
                            kIgnoredTag));
  }
  return edits;
}

std::vector<Edit> PlanWeakenUndefined(const ElfFile& file) {
  std::vector<Edit> edits;
  const FileRange& table = file.tables().symbols;
  // 0 is the null symbol.
  for (std::uint64_t at = sizeof(Elf64_Sym); at < table.size_bytes;
       at += sizeof(Elf64_Sym)) {
    const std::uint64_t offset = table.offset_bytes + at;
    const auto sym = LoadAt<Elf64_Sym>(file.bytes(), offset);
    if (sym.st_shndx != SHN_UNDEF || ELF64_ST_BIND(sym.st_info) != STB_GLOBAL) {
      continue;
    }
    const auto info = static_cast<unsigned char>(
        ELF64_ST_INFO(STB_WEAK, ELF64_ST_TYPE(sym.st_info)));
    edits.push_back(Replace(offset + offsetof(Elf64_Sym, st_info), info));
  }
  return edits;
}

}  // namespace inmem::elf
