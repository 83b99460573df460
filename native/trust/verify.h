// native/trust/verify.h: a bundle held against its signature.
#pragma once

#include <functional>
#include <memory>

#include "archive/archive.h"
#include "base/status.h"
#include "trust/crypto.h"

namespace inmem::trust {

struct Demand {
  PublicKey key = {};
  // Hashes every content, and looks at every local header, before it answers.
  bool full = false;
  // Told of the first content that is not as signed, when it is read: once an
  // archive, on whichever thread reads. May be empty.
  std::function<void(const Status&)> on_change;
};

// Checks signature, manifest and structure, and gives the archive that gives
// out no content but what was signed. Once one was found changed it gives out
// nothing any more. `crypto` must outlive the archive.
//
// Takes time with the number of entries, not with their size, unless
// `demand.full`.
// Errors: kUnsigned, kBadSignature, kBadManifest, kNotAsSigned, kBadDigest, and
// those of reading the two entries.
Result<std::shared_ptr<const archive::Archive>> Verify(
    const archive::Archive& archive, const Demand& demand,
    const Crypto& crypto);

// Hashes every content and looks at every local header, on several threads.
// REQUIRES: an archive that Verify gave.
// Errors: kBadDigest, kBadLocalHeader, kOverlap, and the source's own.
Status VerifyContents(const archive::Archive& archive);

}  // namespace inmem::trust
