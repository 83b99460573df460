// native/fuzz/elf_mutator.cc: changes where a shared object's numbers stand.
#include "elf_mutator.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <vector>

namespace inmem::fuzz {
namespace {

struct Region {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

class Mutator {
 public:
  Mutator(std::string& bytes, std::mt19937_64& random)
      : bytes_(bytes), random_(random) {}

  void Run() {
    FindRegions();
    for (std::uint64_t i = Below(4) + 1; i > 0; --i) {
      const Region& region = regions_[Below(regions_.size())];
      static constexpr std::uint64_t kWidths[] = {1, 2, 4, 8};
      const std::uint64_t width = kWidths[Below(4)];
      if (region.size < width) continue;
      const std::uint64_t at =
          region.offset + Below(region.size / width) * width;
      if (at > bytes_.size() || width > bytes_.size() - at) continue;
      const std::uint64_t value = Value(Load<std::uint64_t>(at));
      std::memcpy(&bytes_[at], &value, width);
    }
  }

 private:
  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }

  template <typename T>
  T Load(std::uint64_t at) const {
    T value{};
    if (at < bytes_.size()) {
      std::memcpy(&value, &bytes_[at],
                  std::min<std::uint64_t>(sizeof value, bytes_.size() - at));
    }
    return value;
  }

  // Near to what stands there, to what stands elsewhere, or at a limit.
  std::uint64_t Value(std::uint64_t old) {
    static constexpr std::uint64_t kLimits[] = {
        0,      1,      2,          3,          7,
        8,      16,     24,         0x7f,       0xfff,
        0x1000, 0xffff, 0x7fffffff, 0xffffffff, std::uint64_t{1} << 47,
        ~7ULL,  ~0ULL};
    switch (Below(6)) {
      case 0:
        return old + Below(33) - 16;
      case 1:
        return old ^ (std::uint64_t{1} << Below(64));
      case 2:
        return bytes_.size() + Below(33) - 16;
      case 3: {
        const Region& region = regions_[Below(regions_.size())];
        return region.offset + (Below(2) != 0 ? region.size : Below(64));
      }
      case 4:
        return Load<std::uint64_t>(Below(bytes_.size()));
      default:
        return kLimits[Below(std::size(kLimits))];
    }
  }

  void FindRegions() {
    regions_.push_back({0, sizeof(Elf64_Ehdr)});
    const auto ehdr = Load<Elf64_Ehdr>(0);
    const std::uint64_t count = std::min<std::uint64_t>(ehdr.e_phnum, 32);
    regions_.push_back({ehdr.e_phoff, count * sizeof(Elf64_Phdr)});
    Region dynamic;
    std::vector<Elf64_Phdr> loads;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto phdr = Load<Elf64_Phdr>(ehdr.e_phoff + i * sizeof(Elf64_Phdr));
      if (phdr.p_type == PT_LOAD) loads.push_back(phdr);
      if (phdr.p_type == PT_DYNAMIC) {
        dynamic = {phdr.p_offset, std::min<std::uint64_t>(phdr.p_filesz, 1024)};
      }
    }
    regions_.push_back(dynamic);
    // What the dynamic table points to: a little of each.
    for (std::uint64_t at = 0; at < dynamic.size; at += sizeof(Elf64_Dyn)) {
      const auto dyn = Load<Elf64_Dyn>(dynamic.offset + at);
      for (const Elf64_Phdr& load : loads) {
        if (dyn.d_un.d_val - load.p_vaddr < load.p_filesz &&
            dyn.d_un.d_val >= 64) {
          regions_.push_back(
              {dyn.d_un.d_val - load.p_vaddr + load.p_offset, 128});
        }
      }
    }
  }

  std::string& bytes_;
  std::mt19937_64& random_;
  std::vector<Region> regions_;
};

}  // namespace

void MutateElf(std::string& bytes, std::mt19937_64& random) {
  if (!bytes.empty()) Mutator(bytes, random).Run();
}

}  // namespace inmem::fuzz
