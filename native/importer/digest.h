// native/importer/digest.h: what lies below a top-level name, as one number.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "archive/archive.h"

namespace inmem::importer {

// Adds to each name's number the entries of the archive that belong to it:
// those whose first path component begins with the name, up to a dot or the
// end; verified contents and others are never the same. One pass over all
// entries; their order does not matter.
void AddDigests(const archive::Archive& archive,
                std::unordered_map<std::string_view, std::uint64_t>& digests);

// Whether an entry is named as a shared object is: "x.so", "libx.so.1".
bool HoldsLibraries(const archive::Archive& archive);

}  // namespace inmem::importer
