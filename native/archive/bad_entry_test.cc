// native/archive/bad_entry_test.cc: entries that break a rule fail when read.

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
using testing::ReadOnlySource;
using testing::WithEntry;
using testing::ZipEntry;
using enum ErrorCode;

constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;

// Opens well; then reading "bad" gives `code` and reading "last" works.
void ExpectBadEntry(const char* what, ZipEntry entry, ErrorCode code,
                    const std::string& words) {
  SCOPED_TRACE(what);
  entry.name = "bad";
  const std::string zip = WithEntry(entry);
  const GuardedBytes guarded(zip);
  const std::shared_ptr<const ByteSource> sources[] = {
      std::make_shared<MemorySource>("bad.zip", guarded.span()),
      std::make_shared<ReadOnlySource>(zip, "bad.zip")};
  for (const auto& source : sources) {
    const auto archive = Archive::Open(source);
    ASSERT_TRUE(archive.ok()) << archive.status().message();
    const Status status = archive.value()->Read(1).status();
    EXPECT_EQ(ErrorName(status.code()), ErrorName(code)) << status.message();
    EXPECT_TRUE(status.message().starts_with("bad.zip!/bad: "))
        << status.message();
    EXPECT_NE(status.message().find(words), std::string::npos)
        << status.message();
    EXPECT_TRUE(archive.value()->Read(0).ok());
    EXPECT_TRUE(archive.value()->Read(2).ok());
  }
}

TEST(BadEntry, EncryptedAndUnknownMethods) {
  ExpectBadEntry("encrypted", {.data = "d", .flags = 1}, kEncrypted,
                 "an encrypted entry");
  ExpectBadEntry("strong encryption", {.data = "d", .flags = 0x40}, kEncrypted,
                 "");
  ExpectBadEntry("masked headers", {.data = "d", .flags = 0x2000}, kEncrypted,
                 "");
  ExpectBadEntry("encrypted by an unknown method",
                 {.data = "d", .method = 99, .flags = 1}, kEncrypted, "");
  ExpectBadEntry("bzip2", {.data = "d", .method = 12}, kUnsupportedMethod,
                 "compression method 12");
  ExpectBadEntry("lzma", {.data = "d", .method = 14}, kUnsupportedMethod, "14");
  ExpectBadEntry("65535", {.data = "d", .method = 65535}, kUnsupportedMethod,
                 "65535");
  ExpectBadEntry("patch", {.data = "d", .flags = 0x20}, kUnsupportedMethod,
                 "patch");
}

TEST(BadEntry, DeclaredSizes) {
  for (const std::uint16_t method : {0, 8, 93}) {
    ExpectBadEntry(
        "size 2^40",
        {.data = "data", .method = method, .zip64 = true, .size = kTiB},
        kTooLarge, "1099511627776 bytes");
    ExpectBadEntry("size 2^64 - 1",
                   {.data = "data",
                    .method = method,
                    .zip64 = true,
                    .size = ~std::uint64_t{0}},
                   kTooLarge, "18446744073709551615 bytes");
    ExpectBadEntry("compressed size 2^40",
                   {.data = "data",
                    .method = method,
                    .zip64 = true,
                    .compressed_size = kTiB},
                   kTooLarge, "1099511627776 bytes");
    ExpectBadEntry("both 2^40",
                   {.data = "data",
                    .method = method,
                    .zip64 = true,
                    .size = kTiB,
                    .compressed_size = kTiB},
                   kTooLarge, "1099511627776 bytes");
  }
  ExpectBadEntry("more than deflate can",
                 {.data = "data", .method = 8, .size = 1 << 20}, kTooLarge,
                 "at most");
  ExpectBadEntry("stored, one byte less", {.data = "data", .size = 3}, kBadData,
                 "4 bytes");
}

TEST(BadEntry, Data) {
  const std::string text(5000, 't');
  for (const std::uint16_t method : {8, 93}) {
    ExpectBadEntry("one byte more than declared",
                   {.data = text, .method = method, .size = 4999}, kBadData,
                   "");
    ExpectBadEntry("one byte less than declared",
                   {.data = text, .method = method, .size = 5001}, kBadData,
                   "");
    ExpectBadEntry("bytes behind the data",
                   {.data = text, .method = method, .packed_suffix = "junk"},
                   kBadData, "");
    ExpectBadEntry("no data", {.data = text, .method = method, .packed = ""},
                   kTooLarge, "at most");
    ExpectBadEntry("not compressed",
                   {.data = text, .method = method, .packed = text}, kBadData,
                   "");
  }
  ExpectBadEntry("cut deflate",
                 {.data = text,
                  .method = 8,
                  .packed = testing::Deflate(text).substr(0, 10)},
                 kBadData, "deflate");
  ExpectBadEntry(
      "cut zstd",
      {.data = text, .method = 93, .packed = testing::Zstd(text).substr(0, 12)},
      kBadData, "zstd");
}

TEST(BadEntry, Crc) {
  for (const std::uint16_t method : {0, 8, 93}) {
    ExpectBadEntry("CRC", {.data = "data", .method = method, .crc = 7}, kBadCrc,
                   "(expected 00000007)");
  }
}

TEST(BadEntry, LocalHeader) {
  ExpectBadEntry("signature", {.data = "d", .local_signature = 0},
                 kBadLocalHeader, "no local header at offset 47");
  ExpectBadEntry("another name", {.data = "d", .local_name = "bed"},
                 kBadLocalHeader, "the name bed");
  ExpectBadEntry("a shorter name",
                 {.data = "data", .local_extra = "e", .local_name = "ba"},
                 kBadLocalHeader, "the name ba");
  ExpectBadEntry("a longer name", {.data = "d", .local_name = "badly"},
                 kBadLocalHeader, "longer name");
  ExpectBadEntry("another method", {.data = "d", .local_method = 8},
                 kBadLocalHeader, "method 8");
}

// The directory cannot tell that a local extra field moves the data into the
// next entry: the declared compressed size leaves no room for it.
TEST(BadEntry, DataReachesIntoTheNextEntry) {
  ExpectBadEntry("extra field",
                 {.data = "0123456789",
                  .local_extra = std::string(20, 'e'),
                  .size = 30,
                  .compressed_size = 30},
                 kOverlap, "its end before the next entry");
}

TEST(BadEntry, FileCutAfterOpen) {
  const std::string zip = BuildZip({Good(), Good("second")});
  const auto source = std::make_shared<ReadOnlySource>(zip, "bad.zip");
  const auto archive = Archive::Open(source);
  ASSERT_TRUE(archive.ok());
  source->reads_until_cut = 0;
  source->cut_bytes = 50;
  EXPECT_EQ(archive.value()->Read(1).status().code(), kFileChanged);
  EXPECT_EQ(archive.value()->DataOffset(1).status().code(), kFileChanged);
}

TEST(BadEntry, FileCutWhileOpening) {
  const std::string zip = BuildZip({Good(), Good("second")});
  for (std::size_t reads = 0; reads < 3; ++reads) {
    const auto source = std::make_shared<ReadOnlySource>(zip, "bad.zip");
    source->reads_until_cut = reads;
    EXPECT_EQ(Archive::Open(source).status().code(), kFileChanged) << reads;
  }
}

}  // namespace
}  // namespace inmem::archive
