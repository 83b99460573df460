// native/trust/manifest.h: what inmem.json and inmem.sig say, as far as a
// verification asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "archive/archive.h"
#include "base/status.h"
#include "trust/crypto.h"

namespace inmem::trust {

inline constexpr std::string_view kManifestName = "inmem.json";
inline constexpr std::string_view kSignatureName = "inmem.sig";

// The member "layout", which signing adds: the archive around the contents.
struct Layout {
  std::uint64_t prefix_size_bytes = 0;  // what stands before the first entry
  Digest prefix = {};
  Digest directory = {};  // the records of `entries`, in the archive's order
};

struct Manifest {
  // Of each entry before inmem.json, by its index in the archive.
  std::vector<Digest> contents;
  std::optional<Layout> layout;
};

// Reads a manifest that must name the first `count` entries of `archive`, each
// once and with its size, and nothing else.
// Errors: kBadManifest, kNotAsSigned.
Result<Manifest> ReadManifest(const archive::Archive& archive,
                              archive::Archive::Index count,
                              std::string_view json);

struct SignatureFile {
  Digest key_id = {};  // SHA-256 of the public key
  Signature signature = {};
};

// Errors: kBadSignature.
Result<SignatureFile> ReadSignature(std::string_view origin,
                                    std::string_view json);

// 64 hexadecimal digits; nullopt for anything else.
std::optional<Digest> DigestOfHex(std::string_view text);
std::string HexOf(const Digest& digest);

}  // namespace inmem::trust
