// native/loader/tier.cc: names of the ways of loading.
#include "loader/tier.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace inmem::loader {
namespace {

using Wish = TierChoice::Wish;

constexpr std::array<std::pair<Wish, std::string_view>, 5> kWishes = {{
    {Wish::kAuto, "auto"},
    {Wish::kMapped, "mapped"},
    {Wish::kMemfd, "memfd"},
    {Wish::kTmpfs, "tmpfs"},
    {Wish::kExtract, "extract"},
}};

}  // namespace

std::string_view TierName(Tier tier) {
  switch (tier) {
    case Tier::kMapped:
      return "mapped";
    case Tier::kMemfd:
      return "memfd";
    case Tier::kTmpfs:
      return "tmpfs";
    case Tier::kExtract:
      return "extract";
  }
  return "";
}

std::optional<TierChoice::Wish> WishOf(std::string_view name) {
  for (const auto& [wish, its_name] : kWishes) {
    if (name == its_name) return wish;
  }
  return std::nullopt;
}

std::string_view WishName(TierChoice::Wish wish) {
  for (const auto& [other, its_name] : kWishes) {
    if (wish == other) return its_name;
  }
  return "";
}

}  // namespace inmem::loader
