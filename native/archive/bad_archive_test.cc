// native/archive/bad_archive_test.cc: tests of bad archives: each row names
// what is wrong and the code and words that the error has.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "archive/archive.h"
#include "archive/guarded_bytes.h"
#include "archive/zip_builder.h"

namespace inmem::archive {
namespace {

using testing::BuildZip;
using testing::Good;
using testing::GuardedBytes;
using testing::Le32;
using testing::Le64;
using testing::ReadOnlySource;
using testing::WithEntry;
using testing::ZipEntry;
using testing::ZipOptions;
using enum ErrorCode;

constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;

// `zip` opened in memory (before a page that faults) and as a file; both must
// say the same.
Status OpenStatus(const std::string& zip) {
  const GuardedBytes guarded(zip);
  const auto memory =
      Archive::Open(std::make_shared<MemorySource>("bad.zip", guarded.span()));
  const auto file =
      Archive::Open(std::make_shared<ReadOnlySource>(zip, "bad.zip"));
  EXPECT_EQ(memory.status().message(), file.status().message());
  return memory.status();
}

struct BadZip {
  const char* what;
  std::string zip;
  ErrorCode code;
  std::string words;  // in the message
};

void ExpectAll(const std::vector<BadZip>& cases) {
  for (const BadZip& it : cases) {
    SCOPED_TRACE(it.what);
    const Status status = OpenStatus(it.zip);
    EXPECT_EQ(ErrorName(status.code()), ErrorName(it.code)) << status.message();
    EXPECT_TRUE(status.message().starts_with("bad.zip")) << status.message();
    EXPECT_NE(status.message().find(it.words), std::string::npos)
        << status.message();
    EXPECT_NE(status.message().find(" (expected "), std::string::npos)
        << status.message();
  }
}

std::string WithOptions(const ZipOptions& options) {
  return BuildZip({Good()}, options);
}

TEST(BadArchive, NotAZip) {
  const std::string nested = BuildZip({Good("inner")});
  const std::string outer =
      BuildZip({{.name = "inner.zip", .data = nested},
                {.name = "more", .data = std::string(100, 'm')}});
  ExpectAll({
      {"empty file", "", kNotZip, "0 bytes"},
      {"short", "PK", kNotZip, "2 bytes"},
      {"text", std::string(100000, 't'), kNotZip, "100000 bytes"},
      {"an ELF",
       "\x7F"
       "ELF" +
           std::string(500, '\0'),
       kNotZip, "504 bytes"},
      {"end record cut by a byte", BuildZip({}).substr(0, 21), kNotZip, "21"},
      {"comment cut",
       WithOptions({.comment = std::string(60, 'c')}).substr(0, 180), kNotZip,
       "180 bytes"},
      {"cut behind a stored archive", outer.substr(0, nested.size() + 60),
       kNotZip, "no end of central directory record"},
      {"end record too far from the end",
       WithOptions({.suffix = std::string(70000, '\0')}), kNotZip, ""},
  });
}

TEST(BadArchive, CentralDirectory) {
  ZipEntry cut = Good("cut");
  ExpectAll({
      {"offset beyond", WithOptions({.directory_offset = 5000}), kBadDirectory,
       "at offset 5000"},
      {"offset at 4 GiB - 2", WithOptions({.directory_offset = 0xFFFFFFFE}),
       kBadDirectory, "at offset 4294967294"},
      {"size beyond", WithOptions({.directory_size = 50000}), kBadDirectory,
       "50000 bytes"},
      {"size too small", WithOptions({.directory_size = 40}), kBadDirectory,
       "40 bytes"},
      {"size cuts the record", WithOptions({.directory_size = 50}),
       kBadDirectory, "record 0"},
      {"one entry more", WithOptions({.count = 2}), kBadDirectory, "2 entries"},
      {"many entries more", WithOptions({.count = 60000}), kBadDirectory,
       "60000 entries"},
      {"no entry", WithOptions({.count = 0}), kBadDirectory, "0 entries"},
      {"one entry less", BuildZip({Good(), Good("b")}, {.count = 1}),
       kBadDirectory, "1 entries"},
      {"bytes behind the directory", WithOptions({.before_end = "PK\x05\x05"}),
       kBadDirectory, "record 0"},
      {"signature", WithEntry({.name = "x", .record_signature = 0x02014b51}),
       kBadDirectory,
       "record 1 of the central directory has a wrong signature"},
      {"local header beyond", WithEntry({.name = "x", .offset = 100000}),
       kBadDirectory, "bad.zip!/x: a local header at offset 100000"},
      {"local header at the end of numbers",
       WithEntry({.name = "x", .zip64 = true, .offset = ~std::uint64_t{0}}),
       kBadDirectory, "18446744073709551615"},
  });
}

TEST(BadArchive, MultiDisk) {
  ExpectAll({
      {"this disk", WithOptions({.disk = 1}), kMultiDisk, "part 1"},
      {"entries on this disk", WithOptions({.count = 2, .count_on_disk = 1}),
       kMultiDisk, ""},
      {"entry on a disk", WithEntry({.name = "x", .disk = 3}), kMultiDisk,
       "bad.zip!/x: an entry of part 3"},
      {"zip64 disks", WithOptions({.zip64 = true, .zip64_disks = 2}),
       kMultiDisk, "2 files"},
  });
}

TEST(BadArchive, Zip64Lies) {
  const auto zip64 = [](ZipOptions options) {
    options.zip64 = true;
    return WithOptions(options);
  };
  ExpectAll({
      {"no locator", zip64({.zip64_locator = false}), kBadZip64,
       "no zip64 locator"},
      {"signature", zip64({.zip64_signature = 1}), kBadZip64,
       "no zip64 end of central directory record"},
      {"record size", zip64({.zip64_record_size = 43}), kBadZip64, ""},
      {"record size of all ones",
       zip64({.zip64_record_size = ~std::uint64_t{0}}), kBadZip64, ""},
      {"record declared elsewhere", zip64({.zip64_record_offset = 0}),
       kBadZip64, "at offset 0"},
      {"record declared at the end of numbers",
       zip64({.zip64_record_offset = ~std::uint64_t{0}}), kBadZip64, ""},
      {"counts differ", zip64({.count = 2}), kBadZip64, "differ"},
      {"sizes differ", zip64({.directory_size = 3}), kBadZip64, "differ"},
      {"offsets differ", zip64({.directory_offset = 3}), kBadZip64, "differ"},
      {"directory of 2^40", zip64({.zip64_directory_size = kTiB}), kBadZip64,
       ""},
      {"directory of 2^40, consistently",
       zip64({.zip64_record_offset = kTiB,
              .zip64_directory_size = kTiB,
              .zip64_directory_offset = 0}),
       kBadDirectory, "1099511627776 bytes"},
      {"sum that overflows",
       zip64({.zip64_directory_size = ~std::uint64_t{0},
              .zip64_directory_offset = 2}),
       kBadZip64, ""},
      {"2^40 entries", zip64({.zip64_count = kTiB}), kTooLarge, ""},
      {"2^31 entries", zip64({.zip64_count = kTiB >> 9}), kBadDirectory,
       "2147483648 entries"},
      {"2^64 - 1 entries", zip64({.zip64_count = ~std::uint64_t{0}}), kTooLarge,
       ""},
      {"entry without its values",
       WithEntry({.name = "x", .zip64 = true, .zip64_extra = ""}), kBadZip64,
       "bad.zip!/x"},
      {"entry with one value of three",
       WithEntry({.name = "x", .zip64 = true, .zip64_extra = Le64(0)}),
       kBadZip64, "bad.zip!/x"},
      {"entry with a cut value",
       WithEntry({.name = "x", .zip64 = true, .zip64_extra = Le32(0)}),
       kBadZip64, "bad.zip!/x"},
      {"all ones without extra field",
       WithEntry({.name = "x", .size = 0xFFFFFFFF}), kBadZip64, "bad.zip!/x"},
      {"extra field cut",
       WithEntry({.name = "x",
                  .extra = std::string("\x99\x99\x10\x00", 4),
                  .size = 0xFFFFFFFF}),
       kBadZip64, "bad.zip!/x"},
  });
}

TEST(BadArchive, OverlappingEntries) {
  const std::size_t size = 30 + 8 + 9;  // of the first entry
  ZipOptions reversed;
  reversed.order = {1, 0};
  ExpectAll({
      {"same place",
       BuildZip(
           {Good(), {.name = "copy.txt", .data = "good data", .offset = 0}}),
       kOverlap, "bad.zip!/copy.txt"},
      {"one byte", BuildZip({Good(), {.name = "second", .offset = size - 1}}),
       kOverlap, "bad.zip!/second: an entry at offset 46"},
      {"one byte, records in another order",
       BuildZip({Good(), {.name = "second", .offset = size - 1}}, reversed),
       kOverlap, "bad.zip!/second"},
      {"size reaches into the next",
       BuildZip(
           {{.name = "good.txt", .data = "good data", .compressed_size = 10},
            Good("second")}),
       kOverlap, "bad.zip!/second"},
      {"size reaches into the directory",
       BuildZip(
           {{.name = "good.txt", .data = "good data", .compressed_size = 10}}),
       kOverlap, "bad.zip!/good.txt: an entry that ends at 48"},
  });
}

TEST(BadArchive, DuplicateNames) {
  ExpectAll({
      {"next to each other", BuildZip({Good("a"), Good("a")}), kDuplicate,
       "bad.zip!/a: the same name in records 0 and 1"},
      {"far apart",
       BuildZip({Good("a"), Good("1"), Good("2"), Good("3"), Good("4"),
                 Good("5"), Good("6"), Good("7"), Good("8"), Good("9"),
                 Good("10"), Good("a")}),
       kDuplicate, "records 0 and 11"},
      {"a file and a folder", BuildZip({Good("a"), {.name = "a/"}}), kDuplicate,
       "bad.zip!/a/"},
      {"two folders", BuildZip({{.name = "a/"}, {.name = "a/"}}), kDuplicate,
       ""},
  });
}

TEST(BadArchive, Names) {
  ExpectAll({
      {"empty", WithEntry({.name = ""}), kBadName, "bad.zip!/: an empty name"},
      {"absolute", WithEntry({.name = "/etc/passwd"}), kBadName,
       "bad.zip!//etc/passwd: an absolute name"},
      {"parent", WithEntry({.name = "a/../../b"}), kBadName, "'..'"},
      {"NUL", WithEntry({.name = std::string("a\0b", 3)}), kBadName,
       "bad.zip!/a\\x00b: a name with a NUL byte"},
      {"backslash", WithEntry({.name = "a\\b"}), kBadName, "a backslash"},
      {"latin-1", WithEntry({.name = "caf\xE9"}), kBadName,
       "bad.zip!/caf\\xe9: a name that is not UTF-8"},
      {"longest", WithEntry({.name = "/" + std::string(65534, 'n')}), kBadName,
       "nnn...: "},
  });
}

// Every cut gives an error, and mostly the right one.
TEST(BadArchive, TruncatedAtEveryPlace) {
  std::vector<ZipEntry> entries;
  for (int i = 0; i < 40; ++i) {
    entries.push_back({.name = "pkg/module" + std::to_string(i) + ".py",
                       .data = std::string(400, 'x') + std::to_string(i),
                       .method = static_cast<std::uint16_t>(i % 2 * 8)});
  }
  for (const bool zip64 : {false, true}) {
    for (const bool prefixed : {false, true}) {
      ZipOptions options;
      options.zip64 = zip64;
      options.comment = "the end";
      if (prefixed) options.prefix = "#!/usr/bin/env python\n";
      const std::string zip = BuildZip(entries, options);
      EXPECT_TRUE(OpenStatus(zip).ok());
      for (std::size_t size = 0; size < zip.size(); size += 7) {
        EXPECT_EQ(OpenStatus(zip.substr(0, size)).code(), kNotZip) << size;
      }
      for (std::size_t size = 97; size < 9700; size += 97) {
        EXPECT_EQ(OpenStatus(zip.substr(size)).code(), kBadDirectory)
            << size << " bytes cut from the front";
      }
    }
  }
}

}  // namespace
}  // namespace inmem::archive
