// native/loader/tier.cc: names of the ways of loading.
#include "loader/tier.h"

#include <utility>

namespace inmem::loader {

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
  using Wish = TierChoice::Wish;
  for (const auto& [wish, its_name] :
       {std::pair<Wish, std::string_view>{Wish::kAuto, "auto"},
        {Wish::kMapped, "mapped"},
        {Wish::kMemfd, "memfd"},
        {Wish::kTmpfs, "tmpfs"},
        {Wish::kExtract, "extract"}}) {
    if (name == its_name) return wish;
  }
  return std::nullopt;
}

}  // namespace inmem::loader
