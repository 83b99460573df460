// native/loader/tier.h: the ways in which an object's bytes reach the linker.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace inmem::loader {

enum class Tier : std::uint8_t {
  // Read-only segments straight from the bundle, which must be a file that
  // stores the object uncompressed and page-aligned; the rest is copied.
  kMapped,
  // A full copy in a sealed anonymous memory file.
  kMemfd,
  // A full copy in a tmpfs of this process alone.
  kTmpfs,
  // A full copy in a private temporary folder, on disk.
  kExtract,
};

// As options and reports spell it: "mapped", "memfd", "tmpfs", "extract".
std::string_view TierName(Tier tier);

// What the user asked for.
struct TierChoice {
  // Where the object cannot be mapped, kMapped gives kMemfd. The best one for
  // each object if not given: kMapped, kMemfd, and kTmpfs where the host
  // refuses memory files; never kExtract.
  enum class Wish : std::uint8_t { kAuto, kMapped, kMemfd, kTmpfs, kExtract };
  Wish wish = Wish::kAuto;
  // Sealed copies only: what happens to the bundle's file later has no effect.
  bool pin = false;
};

// The wish that `name` ("auto", "mapped", ...) spells; nullopt for none.
std::optional<TierChoice::Wish> WishOf(std::string_view name);
std::string_view WishName(TierChoice::Wish wish);

}  // namespace inmem::loader
