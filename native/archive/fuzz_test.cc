// native/archive/fuzz_test.cc: the fuzzer's entry over mutated archives.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "../fuzz/corpus.h"
#include "../fuzz/seeds.h"
#include "../fuzz/targets.h"
#include "archive/guarded_bytes.h"
#include "archive/zip_builder.h"

namespace inmem::archive {
namespace {

using fuzz::ArchiveSeeds;
using testing::GuardedBytes;

void RunOne(const std::string& bytes) {
  const GuardedBytes guarded(bytes);
  FuzzArchive(reinterpret_cast<const std::uint8_t*>(guarded.span().data()),
              guarded.span().size());
}

// Values that find mistakes in arithmetic, as often as any byte.
std::string Mutate(std::string bytes, std::mt19937_64* random) {
  static constexpr std::uint64_t kValues[] = {
      0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1ull << 40, ~0ull};
  const auto below = [random](std::size_t limit) {
    return static_cast<std::size_t>((*random)() % limit);
  };
  for (std::size_t i = below(4) + 1; i > 0 && !bytes.empty(); --i) {
    const std::size_t at = below(bytes.size());
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 1:
        bytes[at] ^= static_cast<char>(1 << below(8));
        break;
      case 2: {
        const std::string value =
            testing::Le64(kValues[below(std::size(kValues))]);
        const std::size_t size = std::size_t{1} << below(4);
        bytes.replace(at, std::min(size, bytes.size() - at),
                      value.substr(0, size));
        break;
      }
      case 3:
        bytes.erase(at, below(16) + 1);
        break;
      case 4:
        bytes.insert(at, bytes.substr(below(bytes.size()), below(64)));
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

TEST(ArchiveFuzz, Seeds) {
  for (const std::string& seed : ArchiveSeeds()) RunOne(seed);
}

// What a fuzzer found once.
TEST(ArchiveFuzz, KeptFindings) {
  for (const fuzz::Finding& finding : fuzz::KeptFindings("archive")) {
    SCOPED_TRACE(finding.name);
    RunOne(finding.bytes);
  }
}

TEST(ArchiveFuzz, MutatedSeeds) {
  std::mt19937_64 random(20261121);  // NOLINT: the same run every time
  const std::vector<std::string> seeds = ArchiveSeeds();
  for (int round = 0; round < 30000; ++round) {
    RunOne(Mutate(seeds[random() % seeds.size()], &random));
  }
}

// Single bytes of the headers, one after the other.
TEST(ArchiveFuzz, EveryByteSetToExtremes) {
  const std::vector<std::string> seeds = ArchiveSeeds();
  for (const std::size_t which : {1u, 3u}) {
    for (std::size_t at = 0; at < seeds[which].size(); ++at) {
      for (const char value : {'\x00', '\x01', '\x7F', '\xFF'}) {
        std::string bytes = seeds[which];
        bytes[at] = value;
        RunOne(bytes);
      }
    }
  }
}

}  // namespace
}  // namespace inmem::archive
