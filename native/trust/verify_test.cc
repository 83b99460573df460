// native/trust/verify_test.cc: a signed bundle passes; bent ones do not, each
// with its code.
#include "trust/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "archive/zip_builder.h"
#include "base/byte_reader.h"
#include "trust/toy_bundle.h"

namespace inmem::trust {
namespace {

using archive::Archive;
using archive::testing::InMemory;
using testing::BuildZip;
using testing::Contents;
using testing::ManifestText;
using testing::Own;
using testing::SignedManifest;
using testing::ToyCrypto;
using testing::ToyKey;
using testing::ZipEntry;
using testing::ZipOptions;
using testing::ZipWithManifest;

class TrustTest : public ::testing::Test {
 protected:
  static std::string Manifest(const std::vector<ZipEntry>& entries,
                              const std::string& layout) {
    return ManifestText(entries, layout);
  }

  std::string SignatureText(const std::string& manifest) const {
    return testing::SignatureText(key_, manifest);
  }

  std::string Sign(const std::vector<ZipEntry>& entries,
                   const ZipOptions& options = {}) const {
    const std::string manifest = SignedManifest(entries, options);
    EXPECT_NE(manifest, "");
    return ZipWithManifest(entries, key_, manifest, options);
  }

  struct Outcome {
    ErrorCode code = ErrorCode::kOk;
    std::shared_ptr<const Archive> archive;
    std::string message = "";
  };

  Outcome Check(std::string zip, bool full = false,
                std::function<void(const Status&)> on_change = {}) const {
    const auto archive = Archive::Open(InMemory(std::move(zip)));
    if (!archive.ok()) return {archive.status().code(), nullptr};
    const auto verified =
        Verify(*archive.value(), {key_, full, std::move(on_change)}, crypto_);
    if (!verified.ok()) {
      return {verified.status().code(), nullptr, verified.status().message()};
    }
    return {ErrorCode::kOk, verified.value()};
  }

  PublicKey key_ = ToyKey();
  ToyCrypto crypto_;
};

TEST_F(TrustTest, ASignedBundlePasses) {
  for (const bool full : {false, true}) {
    const Outcome outcome = Check(Sign(Contents()), full);
    ASSERT_EQ(outcome.code, ErrorCode::kOk);
    EXPECT_TRUE(outcome.archive->has_check());
    for (std::uint32_t i = 0; i < outcome.archive->entry_count(); ++i) {
      EXPECT_TRUE(outcome.archive->Read(i).ok());
    }
  }
}

// Of several pieces: what is stored or zstd data is never whole in memory.
TEST_F(TrustTest, LargeContentsAreHeldAgainstTheirDigestsToo) {
  std::string large;
  for (std::uint32_t state = 1; large.size() < 3'000'000;) {
    state = state * 1664525 + 1013904223;
    large += "abcdefgh"[(state >> 24) % 8];
  }
  for (const std::uint16_t method : {0, 8, 93}) {
    auto entries = Contents();
    entries.push_back(Own("large", large));
    entries.back().method = method;
    const std::string zip = Sign(entries);
    EXPECT_EQ(Check(zip, true).code, ErrorCode::kOk);
    // Another content whose manifest, and so signature, is the first one's.
    auto others = entries;
    others.back().data.back() = 'X';
    const std::string manifest = SignedManifest(entries);
    int told = 0;
    const Outcome outcome = Check(ZipWithManifest(others, key_, manifest), true,
                                  [&told](const Status&) { ++told; });
    // The directory, with the CRC-32 in it, is signed as well.
    EXPECT_EQ(outcome.code, ErrorCode::kNotAsSigned);
    std::string bent = zip;
    bent[bent.find("large") + 100'000] ^= 1;
    EXPECT_EQ(Check(bent, true, [&told](const Status&) { ++told; }).code,
              ErrorCode::kBadDigest);
    EXPECT_EQ(told, 1);
  }
}

TEST_F(TrustTest, ABundleWithAPrefixPasses) {
  ZipOptions options;
  options.prefix = "#!/usr/bin/env -S inmem-python run\n";
  for (const bool in_offsets : {false, true}) {
    options.prefix_in_offsets = in_offsets;
    const std::string zip = Sign(Contents(), options);
    EXPECT_EQ(Check(zip, true).code, ErrorCode::kOk);
    std::string other = zip;
    other[3] = 'X';
    EXPECT_EQ(Check(other).code, ErrorCode::kNotAsSigned);
  }
}

TEST_F(TrustTest, WhatIsNotSignedIsRefused) {
  auto entries = Contents();
  EXPECT_EQ(Check(BuildZip(entries)).code, ErrorCode::kUnsigned);
  entries.push_back(Own("inmem.json", Manifest(Contents(), "")));
  EXPECT_EQ(Check(BuildZip(entries)).code, ErrorCode::kUnsigned);
  entries.push_back(Own("inmem.sig", SignatureText(entries.back().data)));
  // Signed, but not what stands around the contents.
  EXPECT_EQ(Check(BuildZip(entries)).code, ErrorCode::kBadManifest);
}

TEST_F(TrustTest, AnotherKeysSignatureIsRefused) {
  const std::string zip = Sign(Contents());
  key_.fill(std::byte{8});
  EXPECT_EQ(Check(zip).code, ErrorCode::kBadSignature);
}

TEST_F(TrustTest, BytesThatBelongToNoEntryAreRefused) {
  const std::string zip = Sign(Contents());
  EXPECT_EQ(Check("#!/bin/sh\n" + zip).code, ErrorCode::kNotAsSigned);
  EXPECT_EQ(Check(zip + "more").code, ErrorCode::kNotAsSigned);
  const std::size_t size = zip.size();
  for (std::size_t cut = 1; cut < size; cut += 7) {
    EXPECT_NE(Check(zip.substr(0, size - cut)).code, ErrorCode::kOk) << cut;
    EXPECT_NE(Check(zip.substr(cut)).code, ErrorCode::kOk) << cut;
  }
}

// The signed manifest, kept; the archive around it is another.
TEST_F(TrustTest, AnotherArchiveWithTheSameManifestIsRefused) {
  const auto signed_zip = Archive::Open(InMemory(Sign(Contents()))).value();
  const auto own = [&](const char* name) {
    const auto bytes = signed_zip->Read(*signed_zip->Find(name));
    return Own(name, std::string(AsChars(bytes.value().span())));
  };
  const auto with = [&](const std::function<void(std::vector<ZipEntry>*)>& bend,
                        const ZipOptions& options = {}) {
    auto entries = Contents();
    entries.push_back(own("inmem.json"));
    entries.push_back(own("inmem.sig"));
    bend(&entries);
    return Check(BuildZip(entries, options)).code;
  };
  using Entries = std::vector<ZipEntry>*;
  EXPECT_EQ(with([](Entries) {}), ErrorCode::kOk);
  EXPECT_EQ(with([](Entries e) { e->insert(e->begin(), Own("new", "x")); }),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(with([](Entries e) { e->push_back(Own("new", "x")); }),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(with([](Entries e) { e->erase(e->begin() + 1); }),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(with([](Entries e) { std::swap((*e)[0], (*e)[1]); }),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(with([](Entries e) { (*e)[1].data += 'x'; }),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(with([](Entries e) { (*e)[1].data[0] ^= 1; }),
            ErrorCode::kNotAsSigned);  // its CRC stands in the directory
  EXPECT_EQ(with([](Entries e) { (*e)[1].name = "pkg/b.py"; }),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(with([](Entries e) { (*e)[1].method = 8; }),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(with([](Entries e) { (*e)[1].dos_time ^= 1 << 20; }),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(with([](Entries e) {
              (*e)[1].external_attributes = 0120777u << 16;  // a link
            }),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(with([](Entries e) { (*e)[1].gap = "nobody's"; }),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(with([](Entries e) { (*e)[4].gap = "nobody's"; }),
            ErrorCode::kOverlap);
  EXPECT_EQ(with([](Entries e) { (*e)[5].gap = "nobody's"; }),
            ErrorCode::kOverlap);
  EXPECT_EQ(with([](Entries e) { (*e)[5].comment = "hello"; }),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(with([](Entries e) { (*e)[4].external_attributes = 0; }),
            ErrorCode::kNotAsSigned);
  ZipOptions comment;
  comment.comment = "hello";
  EXPECT_EQ(with([](Entries) {}, comment), ErrorCode::kNotAsSigned);
  ZipOptions between;
  between.before_end = "nobody's";
  EXPECT_NE(with([](Entries) {}, between), ErrorCode::kOk);
}

// Content and CRC-32 of the directory agree, the digest does not: what a
// forger of CRCs makes.
TEST_F(TrustTest, AChangedContentIsNeverGivenOut) {
  std::string zip = Sign(Contents());
  // Stored content: two bytes of it exchanged keep neither CRC nor digest.
  const std::size_t at = zip.find("print(1)");
  zip[at] = 'P';
  Status told;
  int tellings = 0;
  const Outcome outcome = Check(zip, false, [&](const Status& change) {
    told = change;
    ++tellings;
  });
  ASSERT_EQ(outcome.code, ErrorCode::kOk);
  const auto main = outcome.archive->Find("__main__.py");
  const auto other = outcome.archive->Find("pkg/a.py");
  ASSERT_TRUE(main && other);
  EXPECT_TRUE(outcome.archive->Read(*other).ok());
  EXPECT_EQ(outcome.archive->Read(*main).status().code(),
            ErrorCode::kBadDigest);
  std::vector<std::byte> room(9);
  EXPECT_EQ(outcome.archive->ReadInto(*main, room).code(),
            ErrorCode::kBadDigest);
  // From now on nothing is, and it was told once.
  EXPECT_EQ(outcome.archive->Read(*other).status().code(),
            ErrorCode::kBadDigest);
  EXPECT_EQ(tellings, 1);
  EXPECT_EQ(told.code(), ErrorCode::kBadDigest);
  EXPECT_NE(told.message().find("__main__.py"), std::string::npos);
  EXPECT_EQ(Check(zip, true).code, ErrorCode::kBadDigest);
}

TEST_F(TrustTest, EveryChangedByteIsRefusedOrChangesNothing) {
  const std::string zip = Sign(Contents());
  const auto whole = Check(zip, true);
  ASSERT_EQ(whole.code, ErrorCode::kOk);
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < zip.size(); ++at) {
    for (const int mask : {0x01, 0x80, 0xFF}) {
      std::string bent = zip;
      bent[at] = static_cast<char>(bent[at] ^ mask);
      const Outcome outcome = Check(bent, true);
      if (outcome.code != ErrorCode::kOk) continue;
      ++accepted;
      for (std::uint32_t i = 0; i + 2 < whole.archive->entry_count(); ++i) {
        const auto before = whole.archive->entry(i);
        const auto after = outcome.archive->entry(i);
        EXPECT_EQ(before.name, after.name) << at;
        EXPECT_EQ(before.unix_mode, after.unix_mode) << at;
        EXPECT_EQ(whole.archive->ModifiedTime(i),
                  outcome.archive->ModifiedTime(i));
        EXPECT_EQ(AsChars(whole.archive->Read(i).value().span()),
                  AsChars(outcome.archive->Read(i).value().span()))
            << at;
      }
    }
  }
  // Bits that no reader looks at, such as the last ones of a deflate stream.
  EXPECT_LT(accepted, 40u);
}

TEST_F(TrustTest, BrokenManifestsAreRefused) {
  const auto check = [&](const std::string& manifest) {
    auto entries = Contents();
    entries.push_back(Own("inmem.json", manifest));
    entries.push_back(Own("inmem.sig", SignatureText(manifest)));
    const Outcome outcome = Check(BuildZip(entries));
    EXPECT_EQ(outcome.message.find("named twice"), std::string::npos);
    return outcome.code;
  };
  EXPECT_EQ(check("{}"), ErrorCode::kBadManifest);
  EXPECT_EQ(check("[]"), ErrorCode::kBadManifest);
  EXPECT_EQ(check("{\"entries\": 1}"), ErrorCode::kBadManifest);
  EXPECT_EQ(check("{\"entries\": {}}"), ErrorCode::kNotAsSigned);
  EXPECT_EQ(check("{\"entries\": {}, \"entries\": {}}"),
            ErrorCode::kBadManifest);
  EXPECT_EQ(check("{\"entries\": {\"gone\": {}}}"), ErrorCode::kNotAsSigned);
  EXPECT_EQ(check("{\"entries\": {\"inmem.json\": {}}}"),
            ErrorCode::kNotAsSigned);
  EXPECT_EQ(check("{\"entries\": {\"z\": {\"size\": 0}}}"),
            ErrorCode::kBadManifest);
  EXPECT_EQ(check("{\"entries\": {\"z\": {\"size\": 0, \"sha256\": \"00\"}}}"),
            ErrorCode::kBadManifest);
  const std::string good = Manifest(Contents(), "");
  EXPECT_EQ(check(good.substr(0, good.size() - 3)), ErrorCode::kBadManifest);
  EXPECT_EQ(check(Manifest(Contents(), ", \"layout\": {\"prefixSize\": 0}")),
            ErrorCode::kBadManifest);
}

TEST_F(TrustTest, BrokenSignaturesAreRefused) {
  const auto signed_zip = Archive::Open(InMemory(Sign(Contents()))).value();
  const auto text = [&](const char* name) {
    const auto bytes = signed_zip->Read(*signed_zip->Find(name));
    return std::string(AsChars(bytes.value().span()));
  };
  const auto check = [&](const std::string& signature) {
    auto entries = Contents();
    entries.push_back(Own("inmem.json", text("inmem.json")));
    entries.push_back(Own("inmem.sig", signature));
    return Check(BuildZip(entries)).code;
  };
  const std::string good = text("inmem.sig");
  EXPECT_EQ(check(good), ErrorCode::kOk);
  for (const char* bad : {"", "{}", "[]", "null"}) {
    EXPECT_EQ(check(bad), ErrorCode::kBadSignature);
  }
  const std::size_t at = good.find("signature\": \"") + 13;
  std::string other = good;
  other[at] = other[at] == 'A' ? 'B' : 'A';
  EXPECT_EQ(check(other), ErrorCode::kBadSignature);
  other = good;
  other[at] = '*';
  EXPECT_EQ(check(other), ErrorCode::kBadSignature);
  other = good;
  other.replace(good.find("Ed25519"), 7, "Ed25518");
  EXPECT_EQ(check(other), ErrorCode::kBadSignature);
}

}  // namespace
}  // namespace inmem::trust
