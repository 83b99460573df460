// native/archive/archive_test.cc: tests of good archives.
#include "archive/archive.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "archive/zip_builder.h"
#include "base/byte_reader.h"

namespace inmem::archive {
namespace {

using testing::BuildManyEntries;
using testing::BuildZip;
using testing::InMemory;
using testing::ReadOnlySource;
using testing::ZipEntry;
using testing::ZipOptions;

std::shared_ptr<const Archive> Open(std::shared_ptr<const ByteSource> source) {
  auto archive = Archive::Open(std::move(source));
  EXPECT_TRUE(archive.ok()) << archive.status().message();
  return archive.ok() ? archive.Take() : nullptr;
}

std::string ReadText(const Archive& archive, std::string_view name) {
  const auto index = archive.Find(name);
  if (!index) return "(no entry)";
  const auto bytes = archive.Read(*index);
  if (!bytes.ok()) return bytes.status().message();
  return std::string(AsChars(bytes.value().span()));
}

std::vector<ZipEntry> Sample() {
  return {{.name = "__main__.py", .data = "print('hi')\n", .method = 8},
          {.name = "pkg/", .data = ""},
          {.name = "pkg/stored.bin", .data = std::string(5000, '\x01')},
          {.name = "pkg/deflated.txt",
           .data = std::string(100000, 'd'),
           .method = 8},
          {.name = "pkg/zstd.txt",
           .data = std::string(100000, 'z') + "end",
           .method = 93},
          {.name = "empty", .data = ""},
          {.name = "empty.deflate", .data = "", .method = 8},
          {.name = "empty.zstd", .data = "", .method = 93}};
}

// Every entry of Sample(), from memory and as from a file.
void ExpectSample(const std::string& zip) {
  const std::shared_ptr<const ByteSource> sources[] = {
      InMemory(zip), std::make_shared<ReadOnlySource>(zip)};
  for (const auto& source : sources) {
    const auto archive = Open(source);
    ASSERT_NE(archive, nullptr);
    EXPECT_EQ(archive->entry_count(), Sample().size());
    for (const ZipEntry& entry : Sample()) {
      EXPECT_EQ(ReadText(*archive, entry.name), entry.data) << entry.name;
    }
  }
}

TEST(Archive, ReadsStoredDeflateAndZstd) { ExpectSample(BuildZip(Sample())); }

TEST(Archive, DescribesEntries) {
  auto entries = Sample();
  entries[3].dos_time = 0x5A21'6B2F;
  entries[3].external_attributes = 0100755u << 16;
  entries[2].made_by = 20;  // MS-DOS: its attributes are no Unix mode
  const auto archive = Open(InMemory(BuildZip(entries), "/a/b.zip"));
  ASSERT_NE(archive, nullptr);
  EXPECT_EQ(archive->name(), "/a/b.zip");
  const Entry entry = archive->entry(3);
  EXPECT_EQ(entry.name, "pkg/deflated.txt");
  EXPECT_EQ(archive->entry_name(3), entry.name);
  EXPECT_EQ(entry.size_bytes, 100000u);
  EXPECT_LT(entry.compressed_size_bytes, 1000u);
  EXPECT_EQ(entry.dos_time, 0x5A216B2Fu);
  EXPECT_EQ(entry.unix_mode, 0100755u);
  EXPECT_EQ(entry.method, Method::kDeflate);
  EXPECT_FALSE(entry.is_directory());
  EXPECT_FALSE(entry.encrypted);
  EXPECT_EQ(archive->entry(2).unix_mode, 0u);
  EXPECT_TRUE(archive->entry(1).is_directory());
}

TEST(Archive, FindIsExactAndFindPathKnowsFolders) {
  const auto archive = Open(InMemory(BuildZip(Sample())));
  ASSERT_NE(archive, nullptr);
  EXPECT_EQ(archive->Find("pkg/"), 1u);
  EXPECT_FALSE(archive->Find("pkg"));
  EXPECT_FALSE(archive->Find("PKG/"));
  EXPECT_FALSE(archive->Find("empty/"));
  EXPECT_FALSE(archive->Find(""));
  EXPECT_FALSE(archive->Find("/"));
  EXPECT_EQ(archive->FindPath("pkg"), 1u);
  EXPECT_EQ(archive->FindPath("empty"), 5u);
  EXPECT_FALSE(archive->FindPath("nothing"));
}

TEST(Archive, EmptyArchive) {
  const auto archive = Open(InMemory(BuildZip({})));
  ASSERT_NE(archive, nullptr);
  EXPECT_EQ(archive->entry_count(), 0u);
  EXPECT_FALSE(archive->Find("a"));
}

TEST(Archive, BorrowsStoredEntriesOfMemoryOnly) {
  const std::string zip = BuildZip(Sample());
  const auto memory = Open(InMemory(zip));
  const auto file = Open(std::make_shared<ReadOnlySource>(zip));
  EXPECT_FALSE(memory->Read(2).value().owned());
  EXPECT_TRUE(memory->Read(3).value().owned());
  EXPECT_TRUE(file->Read(2).value().owned());
  const auto offset = memory->DataOffset(2);
  ASSERT_TRUE(offset.ok());
  EXPECT_EQ(memory->Read(2).value().span().data(),
            memory->source().View().data() + offset.value());
}

TEST(Archive, BytesKeepTheirSpanWhenMoved) {
  const auto file = Open(std::make_shared<ReadOnlySource>(BuildZip(Sample())));
  Bytes bytes = file->Read(0).Take();
  const Bytes moved = std::move(bytes);
  EXPECT_EQ(AsChars(moved.span()), "print('hi')\n");
}

TEST(Archive, PrefixedArchives) {
  for (const bool corrected : {false, true}) {
    for (const bool zip64 : {false, true}) {
      ZipOptions options;
      options.prefix = "#!/usr/bin/env python3\n" + std::string(70000, 'x');
      options.prefix_in_offsets = corrected;
      options.zip64 = zip64;
      options.comment = "comment";
      ExpectSample(BuildZip(Sample(), options));
    }
  }
}

TEST(Archive, CommentsAndWhatIsAppended) {
  ZipOptions options;
  // The comment looks like an end record; only the real one ends at the end.
  options.comment = "PK\x05\x06" + std::string(60000, 'c');
  ExpectSample(BuildZip(Sample(), options));
  options = {};
  options.suffix = std::string(1000, '\0');
  ExpectSample(BuildZip(Sample(), options));
}

TEST(Archive, Zip64EndRecords) {
  ZipOptions options;
  options.zip64 = true;
  ExpectSample(BuildZip(Sample(), options));
  options.zip64_extensible = std::string(100, 'e');
  ExpectSample(BuildZip(Sample(), options));
}

TEST(Archive, Zip64EntriesDescriptorsAndExtras) {
  auto entries = Sample();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].zip64 = i % 2 == 0;
    entries[i].data_descriptor = i % 3 == 0;
    entries[i].comment = "of this entry";
    entries[i].extra = testing::Le16(0x5455) + testing::Le16(1) + "x";
    entries[i].local_extra =
        testing::Le16(0xCAFE) + testing::Le16(4000) + std::string(4000, 'p');
    entries[i].gap = std::string(i, 'g');
  }
  ExpectSample(BuildZip(entries));
}

// zipalign pads the extra field with less than a header's four bytes.
TEST(Archive, ExtraFieldsThatAreNoFields) {
  auto entries = Sample();
  entries[0].extra = std::string(3, '\0');
  entries[2].extra = std::string("\x01\x00\xFF\xFF", 4);
  ExpectSample(BuildZip(entries));
}

TEST(Archive, RecordsInAnyOrder) {
  ZipOptions options;
  options.order = {7, 0, 6, 1, 5, 2, 4, 3};
  ExpectSample(BuildZip(Sample(), options));
}

TEST(Archive, ZstdInSeveralFramesAndWithoutSize) {
  const std::string text(1000, 't');
  ZipEntry frames{.name = "frames",
                  .data = text + text,
                  .method = 93,
                  .packed = testing::Zstd(text) + testing::Zstd(text)};
  ZipEntry unknown{.name = "unknown",
                   .data = text,
                   .method = 93,
                   .packed = testing::Zstd(text, false)};
  const auto archive = Open(InMemory(BuildZip({frames, unknown})));
  ASSERT_NE(archive, nullptr);
  EXPECT_EQ(ReadText(*archive, "frames"), text + text);
  EXPECT_EQ(ReadText(*archive, "unknown"), text);
}

TEST(Archive, OpensAFileInFewSmallReads) {
  for (const bool zip64 : {false, true}) {
    ZipOptions options;
    options.zip64 = zip64;
    auto entries = Sample();
    entries[2].data = std::string(1 << 20, 'x');
    const auto source =
        std::make_shared<ReadOnlySource>(BuildZip(entries, options));
    ASSERT_NE(Open(source), nullptr);
    EXPECT_LE(source->reads, 4u);
    EXPECT_LE(source->largest_read_bytes, 0xFFFFu + 22);
  }
}

TEST(Archive, ReadsASmallEntryInOneRead) {
  const auto source = std::make_shared<ReadOnlySource>(BuildZip(Sample()));
  const auto archive = Open(source);
  source->reads = 0;
  EXPECT_TRUE(archive->Read(2).ok());
  EXPECT_EQ(source->reads, 1u);
}

TEST(Archive, LargeAlignedEntryIsNotReadTwice) {
  auto entries = Sample();
  entries[2].data = std::string(1 << 20, 'x');
  entries[2].local_extra =
      testing::Le16(0xCAFE) + testing::Le16(4000) + std::string(4000, 'p');
  const auto source = std::make_shared<ReadOnlySource>(BuildZip(entries));
  const auto archive = Open(source);
  source->reads = 0;
  const auto bytes = archive->Read(2);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes.value().span().size(), std::size_t{1} << 20);
  EXPECT_EQ(source->reads, 2u);
  EXPECT_EQ(source->largest_read_bytes, std::size_t{1} << 20);
}

TEST(Archive, ManyEntries) {
  constexpr std::size_t kCount = 70000;
  const std::string zip = BuildManyEntries(kCount);
  const auto archive = Open(InMemory(zip));
  ASSERT_NE(archive, nullptr);
  ASSERT_EQ(archive->entry_count(), kCount);
  for (Archive::Index i = 0; i < kCount; ++i) {
    ASSERT_EQ(archive->Find(archive->entry_name(i)), i);
  }
  EXPECT_EQ(ReadText(*archive, "site/pkg_1399/module_69999.py"), "x = 69999\n");
}

// Some old writers without zip64 let the 16-bit count overflow.
TEST(Archive, ManyEntriesCountedModulo65536) {
  std::vector<ZipEntry> entries(70000);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].name = "entry" + std::to_string(i);
  }
  const auto archive = Open(InMemory(BuildZip(entries)));
  ASSERT_NE(archive, nullptr);
  EXPECT_EQ(archive->entry_count(), entries.size());
  ZipOptions options;
  options.count = 70000 - 65536 + 1;
  EXPECT_EQ(Archive::Open(InMemory(BuildZip(entries, options))).status().code(),
            ErrorCode::kBadDirectory);
}

TEST(Archive, FingerprintIsOfTheDirectory) {
  const auto fingerprint = [](const std::vector<ZipEntry>& entries) {
    return Open(InMemory(BuildZip(entries), "any name"))->fingerprint();
  };
  auto entries = Sample();
  const auto original = fingerprint(entries);
  EXPECT_EQ(fingerprint(Sample()), original);
  entries[0].data[0] ^= 1;
  EXPECT_NE(fingerprint(entries), original);
}

TEST(Archive, ManyThreadsRead) {
  const std::string zip = BuildZip(Sample());
  const auto archive = Open(InMemory(zip));
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&archive] {
      for (int round = 0; round < 20; ++round) {
        for (const ZipEntry& entry : Sample()) {
          EXPECT_EQ(ReadText(*archive, entry.name), entry.data);
        }
        EXPECT_NE(archive->fingerprint(), 0u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace inmem::archive
