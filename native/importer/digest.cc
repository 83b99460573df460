// native/importer/digest.cc: what lies below a top-level name, as one number.
#include "importer/digest.h"

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "archive/archive.h"
#include "base/hash.h"

namespace inmem::importer {

void AddDigests(const archive::Archive& archive,
                std::unordered_map<std::string_view, std::uint64_t>& digests) {
  // Whoever bends a content gives it the CRC-32 that stands there: what came
  // out of an archive that was not verified is not what a verified one holds.
  const std::uint64_t unchecked = archive.has_check() ? 0 : 1;
  for (std::size_t i = 0; i < archive.entry_count(); ++i) {
    archive::Entry entry =
        archive.entry(static_cast<archive::Archive::Index>(i));
    std::string_view top = entry.name.substr(0, entry.name.find('/'));
    auto found = digests.find(top.substr(0, top.find('.')));
    if (found == digests.end()) continue;
    std::uint64_t content = (entry.size_bytes << 32) ^ entry.crc32 ^ unchecked;
    found->second += HashString(entry.name, content);  // any order
  }
}

bool HoldsLibraries(const archive::Archive& archive) {
  for (std::size_t i = 0; i < archive.entry_count(); ++i) {
    const std::string_view name =
        archive.entry(static_cast<archive::Archive::Index>(i)).name;
    const std::string_view file = name.substr(name.rfind('/') + 1);
    if (file.ends_with(".so")) return true;
    if (file.find(".so.") != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace inmem::importer
