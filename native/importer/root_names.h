// native/importer/root_names.h: what lies at the root of an archive.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "archive/archive.h"

namespace inmem::importer {

// Files and folders at the root that are called as one of `wanted`, and files
// there that end with `suffix` ("": none); sorted, each once. Borrows from the
// archive. One pass over the names: the index of folders is not made for it.
std::vector<std::string_view> RootNames(
    const archive::Archive& archive, std::span<const std::string_view> wanted,
    std::string_view suffix);

}  // namespace inmem::importer
