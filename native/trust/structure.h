// native/trust/structure.h: the archive around the contents of a bundle.
#pragma once

#include <cstdint>
#include <optional>

#include "archive/archive.h"
#include "base/status.h"
#include "trust/crypto.h"
#include "trust/manifest.h"

namespace inmem::trust {

// A bundle whose every byte belongs to a part that is known: what stands before
// the first entry, the entries in the directory's order, inmem.json, perhaps
// inmem.sig, the directory, its end records, nothing.
struct Structure {
  archive::Archive::Index manifest = 0;  // also: how many entries come before
  std::optional<archive::Archive::Index> signature;
  Layout layout;  // as it is
};

// Errors: kUnsigned (no manifest), kNotAsSigned, kBadLocalHeader, kOverlap, and
// the source's own. Local headers are looked at of the last three entries
// alone: where the others lie, the directory that is signed tells.
Result<Structure> ReadStructure(const archive::Archive& archive,
                                const Crypto& crypto);

// Whether both are the same. Errors: kNotAsSigned.
Status CompareLayouts(const archive::Archive& archive, const Layout& found,
                      const Layout& expected);

}  // namespace inmem::trust
