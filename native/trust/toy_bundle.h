// native/trust/toy_bundle.h: signed bundles for tests and fuzzers.
//
// Test only. The primitives are toys: that a forged signature cannot be made is
// OpenSSL's to show (test/trust has the real ones).
#pragma once

#include <algorithm>
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
#include "base/hash.h"
#include "trust/crypto.h"
#include "trust/manifest.h"
#include "trust/structure.h"

namespace inmem::trust::testing {

using archive::testing::BuildZip;
using archive::testing::ZipEntry;
using archive::testing::ZipOptions;

class ToyCrypto : public Crypto {
 public:
  Digest Sha256(std::span<const std::byte> bytes) const override {
    Digest digest = {};
    for (std::size_t part = 0; part < 4; ++part) {
      std::uint64_t hash = HashBytes(bytes, part + 1);
      for (std::size_t i = 0; i < 8; ++i, hash >>= 8) {
        digest[part * 8 + i] = static_cast<std::byte>(hash & 0xFF);
      }
    }
    return digest;
  }
  std::unique_ptr<Hash> BeginSha256() const override {
    class Kept final : public Hash {
     public:
      explicit Kept(const ToyCrypto& crypto) : crypto_(crypto) {}
      void Add(std::span<const std::byte> piece) override {
        all_.insert(all_.end(), piece.begin(), piece.end());
      }
      Digest End() override { return crypto_.Sha256(all_); }

     private:
      const ToyCrypto& crypto_;
      std::vector<std::byte> all_;
    };
    return std::make_unique<Kept>(*this);
  }
  // The digest of key and message, twice.
  Signature Sign(const PublicKey& key, std::string_view message) const {
    std::string both(AsChars(key));
    both += message;
    const Digest digest = Sha256(AsBytes(both));
    Signature signature = {};
    std::copy(digest.begin(), digest.end(), signature.begin());
    std::copy(digest.begin(), digest.end(), signature.begin() + 32);
    return signature;
  }
  bool Verifies(const PublicKey& key, std::span<const std::byte> message,
                const Signature& signature) const override {
    return Sign(key, AsChars(message)) == signature;
  }
};

inline PublicKey ToyKey() {
  PublicKey key = {};
  key.fill(std::byte{7});
  return key;
}

inline std::string Base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::byte byte : bytes) {
    bits = bits << 8 | std::to_integer<std::uint32_t>(byte);
    for (count += 8; count >= 6; count -= 6) {
      text += kDigits[bits >> (count - 6) & 0x3F];
    }
  }
  if (count > 0) text += kDigits[bits << (6 - count) & 0x3F];
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

inline ZipEntry Own(std::string name, std::string data) {
  ZipEntry entry;
  entry.name = std::move(name);
  entry.data = std::move(data);
  entry.flags = 0x0800;
  entry.dos_time = 0x21 << 16;
  return entry;
}

inline std::vector<ZipEntry> Contents() {
  ZipEntry packed = Own("pkg/data.txt", std::string(5000, 'x'));
  packed.method = 8;
  return {Own("__main__.py", "print(1)\n"), Own("pkg/a.py", "a = 1\n"), packed,
          Own("z", "")};
}

inline std::string ManifestText(const std::vector<ZipEntry>& entries,
                                const std::string& layout) {
  const ToyCrypto crypto;
  std::string text = "{\"format\": 1, \"entries\": {";
  for (const ZipEntry& entry : entries) {
    if (&entry != &entries.front()) text += ',';
    text += "\"" + entry.name + "\": {\"kind\": \"other\", \"size\": " +
            std::to_string(entry.data.size()) + ", \"sha256\": \"" +
            HexOf(crypto.Sha256(AsBytes(entry.data))) + "\"}";
  }
  return text + "}" + layout + "}\n";
}

inline std::string SignatureText(const PublicKey& key,
                                 const std::string& manifest) {
  const ToyCrypto crypto;
  return R"({"format": 1, "algorithm": "Ed25519", "key": ")" +
         HexOf(crypto.Sha256(key)) + R"(", "signature": ")" +
         Base64(crypto.Sign(key, manifest)) + "\"}";
}

// As inmem-python sign does it: the layout is that of the archive without
// manifest and signature, which stand behind what it covers. "": it cannot be
// signed.
inline std::string SignedManifest(const std::vector<ZipEntry>& entries,
                                  const ZipOptions& options = {}) {
  auto with_manifest = entries;
  with_manifest.push_back(Own("inmem.json", "{}"));
  const auto archive = archive::Archive::Open(
      archive::testing::InMemory(BuildZip(with_manifest, options)));
  if (!archive.ok()) return "";
  const auto structure = ReadStructure(*archive.value(), ToyCrypto());
  if (!structure.ok()) return "";
  const Layout& layout = structure.value().layout;
  return ManifestText(entries, ", \"layout\": {\"prefixSize\": " +
                                   std::to_string(layout.prefix_size_bytes) +
                                   ", \"prefix\": \"" + HexOf(layout.prefix) +
                                   "\", \"directory\": \"" +
                                   HexOf(layout.directory) + "\"}");
}

// A bundle with this manifest, signed.
inline std::string ZipWithManifest(std::vector<ZipEntry> entries,
                                   const PublicKey& key,
                                   const std::string& manifest,
                                   const ZipOptions& options = {}) {
  entries.push_back(Own("inmem.json", manifest));
  entries.push_back(Own("inmem.sig", SignatureText(key, manifest)));
  return BuildZip(entries, options);
}

}  // namespace inmem::trust::testing
