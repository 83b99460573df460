// native/trust/fuzz_test.cc: the fuzz target over seeds and mutations of them.
//
// A plain run of what libFuzzer does (npm run test:fuzz), so that the target
// cannot rot; each input has a buffer of its own, which sanitizers watch.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "../fuzz/corpus.h"
#include "../fuzz/seeds.h"
#include "../fuzz/targets.h"

namespace inmem::trust {
namespace {

void RunOne(const std::string& bytes) {
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  FuzzTrust(copy.data(), copy.size());
}

// Each passes the check that its first byte names.
TEST(TrustFuzz, Seeds) {
  const std::vector<std::string> seeds = fuzz::TrustSeeds();
  EXPECT_GT(seeds.size(), 10U);
  for (const std::string& seed : seeds) RunOne(seed);
}

// What a fuzzer found once.
TEST(TrustFuzz, KeptFindings) {
  for (const fuzz::Finding& finding : fuzz::KeptFindings("trust")) {
    SCOPED_TRACE(finding.name);
    RunOne(finding.bytes);
  }
}

TEST(TrustFuzz, MutatedSeeds) {
  std::mt19937_64 random(20261121);  // NOLINT: the same run every time
  const std::vector<std::string> seeds = fuzz::TrustSeeds();
  const std::string_view signs = "{}[]\",:\\0129aefu.-+ \n";
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = seeds[random() % seeds.size()];
    for (std::uint64_t change = random() % 4; change < 4; ++change) {
      const std::size_t at = 1 + random() % (bytes.size() - 1);
      const bool sign = random() % 2 == 0;
      bytes[at] = sign ? signs[random() % signs.size()]
                       : static_cast<char>(random() & 0xFF);
      if (random() % 16 == 0) bytes.resize(at + 1);
    }
    RunOne(bytes);
  }
}

}  // namespace
}  // namespace inmem::trust
