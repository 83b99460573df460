// native/elf/edit_plan.cc: edits of a copy, planned here, applied by loader.
#include "elf/edit_plan.h"

#include <cstring>
#include <set>

namespace inmem::elf {
namespace {

Edit Overwrite(std::uint64_t offset_bytes, std::string_view text) {
  Edit edit{offset_bytes, std::vector<std::byte>(text.size() + 1)};
  std::memcpy(edit.bytes.data(), text.data(), text.size());
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
  const Elf64_Sxword tag = DT_DEBUG;
  Edit edit{file.needs()[need].dyn_offset_bytes,
            std::vector<std::byte>(sizeof tag)};
  std::memcpy(edit.bytes.data(), &tag, sizeof tag);
  return edit;
}

}  // namespace inmem::elf
