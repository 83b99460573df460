// native/archive/entry_pieces_test.cc: Test says what Read says, of contents of
// several pieces.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/archive.h"
#include "archive/zip_builder.h"
#include "base/byte_reader.h"

namespace inmem::archive {
namespace {

using testing::BuildZip;
using testing::InMemory;
using testing::ReadOnlySource;
using testing::ZipEntry;

// Some pieces and a part of one; it compresses, and no piece is like another.
std::string Large() {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < 3'500'001) {
    state = state * 1664525 + 1013904223;
    text += "abcdefgh"[(state >> 24) % 8];
  }
  return text;
}

// Keeps what comes, and how many pieces it came in.
class Keeping final : public ContentCheck {
 public:
  Status Check(std::uint32_t, std::string_view,
               std::span<const std::byte>) const override {
    return Status::Ok();
  }
  std::unique_ptr<Pieces> InPieces(std::uint32_t,
                                   std::string_view) const override {
    class Kept final : public Pieces {
     public:
      explicit Kept(const Keeping& owner) : owner_(owner) {}
      void Add(std::span<const std::byte> piece) override {
        owner_.content_ += AsChars(piece);
        ++owner_.pieces_;
      }
      Status End() override { return owner_.answer_; }

     private:
      const Keeping& owner_;
    };
    content_.clear();
    pieces_ = 0;
    return std::make_unique<Kept>(*this);
  }
  std::string_view Identity(std::uint32_t) const override { return "x"; }
  Status Unreadable(const Status& why) const override { return why; }

  const std::string& content() const { return content_; }
  int pieces() const { return pieces_; }
  void Answer(Status answer) { answer_ = std::move(answer); }

 private:
  mutable std::string content_;
  mutable int pieces_ = 0;
  Status answer_;
};

std::vector<std::shared_ptr<const Archive>> Opened(const ZipEntry& entry) {
  const std::string zip = BuildZip({entry});
  std::vector<std::shared_ptr<const Archive>> archives;
  for (const std::shared_ptr<const ByteSource>& source :
       {std::shared_ptr<const ByteSource>(InMemory(zip)),
        std::shared_ptr<const ByteSource>(
            std::make_shared<ReadOnlySource>(zip))}) {
    archives.push_back(Archive::Open(source).value());
  }
  return archives;
}

TEST(EntryPieces, AreTheWholeContent) {
  const std::string large = Large();
  for (const std::uint16_t method : {0, 8, 93}) {
    for (const auto& archive :
         Opened({.name = "large", .data = large, .method = method})) {
      const auto check = std::make_shared<Keeping>();
      const auto checked = archive->WithCheck(check);
      EXPECT_TRUE(checked->Test(0).ok());
      EXPECT_EQ(check->content(), large);
      EXPECT_EQ(check->pieces() > 1, method != 8) << check->pieces();
      EXPECT_TRUE(archive->Test(0).ok());  // without anybody who checks
    }
  }
}

TEST(EntryPieces, OfSmallContentsAreOne) {
  for (const std::uint16_t method : {0, 8, 93}) {
    for (const char* data : {"", "small"}) {
      const auto check = std::make_shared<Keeping>();
      const auto archive =
          Opened({.name = "s", .data = data, .method = method})[1];
      EXPECT_TRUE(archive->WithCheck(check)->Test(0).ok());
      EXPECT_EQ(check->content(), data);
      EXPECT_EQ(check->pieces(), 1);
    }
  }
}

TEST(EntryPieces, WhoChecksHasTheLastWord) {
  const auto check = std::make_shared<Keeping>();
  check->Answer({ErrorCode::kBadDigest, "another content"});
  const auto archive = Opened({.name = "large", .data = Large()})[0];
  EXPECT_EQ(archive->WithCheck(check)->Test(0).code(), ErrorCode::kBadDigest);
}

// Wrong at the end of a large content: the pieces before it were good.
TEST(EntryPieces, TellWhatReadTells) {
  const std::string large = Large();
  std::vector<std::pair<std::string, ZipEntry>> entries;
  for (const std::uint16_t method : {0, 8, 93}) {
    entries.emplace_back(
        "CRC",
        ZipEntry{.name = "x", .data = large, .method = method, .crc = 7});
    entries.emplace_back("size", ZipEntry{.name = "x",
                                          .data = large,
                                          .method = method,
                                          .size = large.size() - 1});
    entries.emplace_back("more", ZipEntry{.name = "x",
                                          .data = large,
                                          .method = method,
                                          .packed_suffix = "more"});
  }
  const std::string packed = testing::Zstd(large, /*with_content_size=*/false);
  for (const std::uint64_t size : {large.size() - 1, large.size() + 1}) {
    entries.emplace_back("unsaid size", ZipEntry{.name = "x",
                                                 .data = large,
                                                 .method = 93,
                                                 .packed = packed,
                                                 .size = size});
  }
  entries.emplace_back(
      "cut", ZipEntry{.name = "x",
                      .data = large,
                      .method = 93,
                      .packed = packed.substr(0, packed.size() - 100)});
  for (const auto& [what, entry] : entries) {
    SCOPED_TRACE(what + " by method " + std::to_string(entry.method));
    for (const auto& archive : Opened(entry)) {
      const Status read = archive->Read(0).status();
      const Status tested = archive->Test(0);
      EXPECT_FALSE(read.ok());
      EXPECT_EQ(ErrorName(tested.code()), ErrorName(read.code()))
          << tested.message() << "; " << read.message();
      EXPECT_NE(tested.message().find("!/x: "), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace inmem::archive
