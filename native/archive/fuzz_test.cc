// native/archive/fuzz_test.cc: the fuzzer's entry over mutated archives.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "../fuzz/archive_fuzz.h"
#include "archive/guarded_bytes.h"
#include "archive/zip_builder.h"

namespace inmem::archive {
namespace {

using testing::BuildZip;
using testing::GuardedBytes;
using testing::ZipEntry;
using testing::ZipOptions;

std::vector<std::string> Seeds() {
  ZipEntry stored{.name = "a/stored.txt", .data = "stored data"};
  ZipEntry deflated{.name = "a/deflated.py",
                    .data = std::string(300, 'x') + "end",
                    .method = 8};
  ZipEntry zstd{.name = "b.zst", .data = std::string(300, 'z'), .method = 93};
  ZipEntry folder{.name = "folder/", .data = ""};
  ZipEntry wide{.name = "wide", .data = "zip64 entry", .zip64 = true};
  ZipEntry late{.name = "\xC3\xA9t\xC3\xA9",
                .data = "descriptor",
                .method = 8,
                .data_descriptor = true};
  const std::vector<ZipEntry> all = {stored, deflated, zstd,
                                     folder, wide,     late};
  ZipOptions zip64;
  zip64.zip64 = true;
  ZipOptions prefixed;
  prefixed.prefix = "#!/usr/bin/env python3\n";
  prefixed.comment = "a comment";
  ZipOptions unordered;
  unordered.order = {5, 3, 1, 0, 2, 4};
  ZipOptions both = prefixed;
  both.zip64 = true;
  return {
      BuildZip({}),         BuildZip({stored}),      BuildZip(all),
      BuildZip(all, zip64), BuildZip(all, prefixed), BuildZip(all, unordered),
      BuildZip(all, both)};
}

void RunOne(const std::string& bytes) {
  const GuardedBytes guarded(bytes);
  LLVMFuzzerTestOneInput(
      reinterpret_cast<const std::uint8_t*>(guarded.span().data()),
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
  for (const std::string& seed : Seeds()) RunOne(seed);
}

TEST(ArchiveFuzz, MutatedSeeds) {
  std::mt19937_64 random(20261121);  // NOLINT: the same run every time
  const std::vector<std::string> seeds = Seeds();
  for (int round = 0; round < 30000; ++round) {
    RunOne(Mutate(seeds[random() % seeds.size()], &random));
  }
}

// Single bytes of the headers, one after the other.
TEST(ArchiveFuzz, EveryByteSetToExtremes) {
  const std::vector<std::string> seeds = Seeds();
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
