// native/elf/fuzz_test.cc: the fuzz targets over seeds and mutations of them.
//
// A plain run of what libFuzzer does (npm run test:fuzz), so that the targets
// cannot rot; each input has a buffer of its own, which sanitizers watch.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "../fuzz/corpus.h"
#include "../fuzz/elf_mutator.h"
#include "../fuzz/seeds.h"
#include "../fuzz/targets.h"

namespace inmem::elf {
namespace {

void RunOne(const std::string& bytes) {
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  FuzzElf(copy.data(), copy.size());
  FuzzElfPlan(copy.data(), copy.size());
}

TEST(ElfFuzz, Seeds) {
  for (const std::string& seed : fuzz::ElfSeeds()) {
    RunOne(seed);
    EXPECT_LE(seed.size(), 16384U);
  }
}

// What a fuzzer found once.
TEST(ElfFuzz, KeptFindings) {
  for (const fuzz::Finding& finding : fuzz::KeptFindings("elf")) {
    SCOPED_TRACE(finding.name);
    RunOne(finding.bytes);
  }
}

TEST(ElfFuzz, MutatedSeeds) {
  std::mt19937_64 random(20261121);  // NOLINT: the same run every time
  const std::vector<std::string> seeds = fuzz::ElfSeeds();
  for (int round = 0; round < 10000; ++round) {
    std::string bytes = seeds[random() % seeds.size()];
    fuzz::MutateElf(bytes, random);
    RunOne(bytes);
  }
}

}  // namespace
}  // namespace inmem::elf
