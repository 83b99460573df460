// native/fuzz/trust_fuzz.cc: the trust layer over any bytes.
//
// The first byte tells what the others are: so a mutated manifest gets past the
// CRC and the signature that would keep it from its reader.
#include <memory>
#include <span>
#include <string>

#include "archive/archive.h"
#include "base/byte_reader.h"
#include "json_model.h"
#include "require.h"
#include "targets.h"
#include "trust/json_reader.h"
#include "trust/manifest.h"
#include "trust/toy_bundle.h"
#include "trust/verify.h"

namespace {

using inmem::AsChars;
using inmem::ErrorCode;
using inmem::Status;
using inmem::archive::Archive;
using inmem::fuzz::Require;
using inmem::fuzz::RequireError;
using inmem::trust::Manifest;
namespace trust = inmem::trust;
using trust::testing::Contents;
using trust::testing::ToyKey;

// Entries up to this size are read; a declared deflate bomb would only make
// the fuzzer slow.
constexpr std::uint64_t kMaxReadBytes = 1 << 20;

// Whatever is signed is signed by the right one: what comes behind that check
// is looked at here.
class Credulous final : public trust::testing::ToyCrypto {
 public:
  bool Verifies(const trust::PublicKey&, std::span<const std::byte>,
                const trust::Signature&) const override {
    return true;
  }
};

// What a verified archive gives out is what its manifest says; behind the first
// content that is not, nothing.
void CheckVerified(const Archive& archive, const Archive& verified) {
  const Credulous crypto;
  Require(verified.has_check());
  const auto json = archive.Read(*archive.Find(trust::kManifestName));
  Require(json.ok());
  const auto count = static_cast<Archive::Index>(archive.entry_count() - 2);
  const auto manifest =
      trust::ReadManifest(archive, count, AsChars(json.value().span()));
  Require(manifest.ok() && manifest.value().contents.size() == count);
  bool changed = false;
  for (Archive::Index i = 0; i < count; ++i) {
    if (archive.entry(i).size_bytes > kMaxReadBytes) continue;
    const auto bytes = verified.Read(i);
    if (bytes.ok()) {
      Require(!changed);
      Require(crypto.Sha256(bytes.value().span()) ==
              manifest.value().contents[i]);
    } else {
      RequireError(bytes.status());
      changed = changed || bytes.status().code() == ErrorCode::kBadDigest;
    }
  }
}

void CheckArchive(std::span<const std::byte> bytes) {
  const auto opened = Archive::Open(
      std::make_shared<inmem::archive::MemorySource>("fuzz", bytes));
  if (!opened.ok()) return;
  const Archive& archive = *opened.value();
  const Credulous crypto;
  int told = 0;
  const trust::Demand demand = {ToyKey(), false,
                                [&](const Status&) { ++told; }};
  const auto verified = trust::Verify(archive, demand, crypto);
  if (!verified.ok()) return RequireError(verified.status());
  CheckVerified(archive, *verified.value());
  Require(told <= 1);
}

const Archive& FixedArchive() {
  static const auto& archive = *[] {
    static const std::string zip =
        trust::testing::ZipWithManifest(Contents(), ToyKey(), "{}");
    return new auto(
        Archive::Open(std::make_shared<inmem::archive::MemorySource>(
                          "fuzz", inmem::AsBytes(zip)))
            .Take());
  }();
  return *archive;
}

void CheckManifest(std::string_view text) {
  const auto count = static_cast<Archive::Index>(Contents().size());
  const auto manifest = trust::ReadManifest(FixedArchive(), count, text);
  if (!manifest.ok()) return RequireError(manifest.status());
  Require(inmem::fuzz::IsJson(text));
  Require(manifest.value().contents.size() == count);
}

void CheckSignature(std::string_view text) {
  const auto signature = trust::ReadSignature("fuzz", text);
  if (!signature.ok()) {
    Require(signature.status().code() == ErrorCode::kBadSignature);
    return RequireError(signature.status());
  }
  Require(inmem::fuzz::IsJson(text));
  // One spelling alone: the digits of key and signature stand in the text.
  Require(text.find(trust::HexOf(signature.value().key_id)) != text.npos ||
          text.find('\\') != text.npos);
  Require(text.find(trust::testing::Base64(signature.value().signature)) !=
              text.npos ||
          text.find('\\') != text.npos);
}

void CheckJson(std::string_view text) {
  trust::JsonReader reader(text);
  reader.Skip();
  reader.End();
  Require(reader.ok() == inmem::fuzz::IsJson(text));
  Require(reader.offset_bytes() <= text.size());
}

// The manifest in a bundle around the right contents.
void CheckBundle(std::string_view text) {
  const std::string zip =
      trust::testing::ZipWithManifest(Contents(), ToyKey(), std::string(text));
  CheckArchive(inmem::AsBytes(zip));
}

}  // namespace

int FuzzTrust(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const std::string_view text = AsChars(bytes);
  switch (*data) {
    case 'a':
      CheckArchive(bytes);
      break;
    case 'b':
      CheckBundle(text);
      break;
    case 'm':
      CheckManifest(text);
      break;
    case 's':
      CheckSignature(text);
      break;
    default:
      CheckJson(text);
  }
  return 0;
}
