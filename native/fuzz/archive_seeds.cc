// native/fuzz/archive_seeds.cc: small archives of each kind.
#include "archive/zip_builder.h"
#include "seeds.h"

namespace inmem::fuzz {

using archive::testing::BuildZip;
using archive::testing::ZipEntry;
using archive::testing::ZipOptions;

std::vector<std::string> ArchiveSeeds() {
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

}  // namespace inmem::fuzz
