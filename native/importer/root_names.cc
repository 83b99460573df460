// native/importer/root_names.cc: what lies at the root of an archive.
#include "importer/root_names.h"

#include <algorithm>
#include <cstddef>

namespace inmem::importer {

std::vector<std::string_view> RootNames(
    const archive::Archive& archive, std::span<const std::string_view> wanted,
    std::string_view suffix) {
  std::vector<std::string_view> found;
  std::string_view last;  // a folder's entries mostly follow each other
  const std::size_t count = archive.entry_count();
  for (std::size_t i = 0; i < count; ++i) {
    const auto name =
        archive.entry_name(static_cast<archive::Archive::Index>(i));
    const std::size_t slash = name.find('/');
    const std::string_view root = name.substr(0, slash);
    if (slash != name.npos && root == last) continue;
    last = slash != name.npos ? root : std::string_view();
    const bool by_suffix =
        slash == name.npos && !suffix.empty() && name.ends_with(suffix);
    if (by_suffix || std::ranges::find(wanted, root) != wanted.end()) {
      found.push_back(root);
    }
  }
  std::ranges::sort(found);
  const auto rest = std::ranges::unique(found);
  found.erase(rest.begin(), rest.end());
  return found;
}

}  // namespace inmem::importer
