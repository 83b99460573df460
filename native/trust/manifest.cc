// native/trust/manifest.cc: what inmem.json and inmem.sig say.
#include "trust/manifest.h"

#include <string>
#include <utility>

#include "archive/message.h"
#include "base/hexadecimal.h"
#include "trust/json_reader.h"

namespace inmem::trust {
namespace {

using archive::Archive;
using archive::Failure;

constexpr std::uint64_t kFormat = 1;

int HexDigit(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  return -1;
}

// The value of `character` in base64; -1 for none.
int Base64Digit(char character) {
  if (character >= 'A' && character <= 'Z') return character - 'A';
  if (character >= 'a' && character <= 'z') return character - 'a' + 26;
  if (character >= '0' && character <= '9') return character - '0' + 52;
  if (character == '+') return 62;
  return character == '/' ? 63 : -1;
}

// 64 bytes are 85 digits and two, whose last four bits must be zero, and "==".
std::optional<Signature> SignatureOfBase64(std::string_view text) {
  Signature signature = {};
  if (text.size() != 88 || !text.ends_with("==")) return std::nullopt;
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t at = 0;
  for (const char character : text.substr(0, 86)) {
    const int digit = Base64Digit(character);
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    signature[at++] = static_cast<std::byte>(bits >> count & 0xFF);
  }
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return signature;
}

class ManifestReader {
 public:
  ManifestReader(const Archive& archive, Archive::Index count,
                 std::string_view json)
      : archive_(archive), count_(count), json_(json), named_(count) {
    manifest_.contents.resize(count);
  }

  Result<Manifest> Read() {
    bool has_entries = false;
    std::uint64_t format = kFormat;
    json_.Object([&](std::string_view name) {
      if (name == "entries" && !std::exchange(has_entries, true)) {
        ReadEntries();
      } else if (name == "layout" && !manifest_.layout) {
        ReadLayout();
      } else if (name == "format") {
        format = json_.Number();
      } else if (name == "entries" || name == "layout") {
        Fail(ErrorCode::kBadManifest, std::string(name) + " twice", "one");
      } else {
        json_.Skip();
      }
    });
    json_.End();
    if (!status_.ok()) return status_;
    if (!json_.ok() || !has_entries) {
      return Failure(ErrorCode::kBadManifest, Where(),
                     json_.ok() ? "no member entries"
                                : "no JSON of a manifest's shape at byte " +
                                      std::to_string(json_.offset_bytes()),
                     "the manifest of a bundle, format 1");
    }
    if (format != kFormat) {
      return Failure(ErrorCode::kBadManifest, Where(),
                     "format " + std::to_string(format), "format 1");
    }
    if (Status status = CheckAllNamed(); !status.ok()) return status;
    return std::move(manifest_);
  }

 private:
  std::string Where() const {
    return archive_.name() + "!/" + std::string(kManifestName);
  }

  // The first failure counts.
  void Fail(ErrorCode code, std::string_view found, std::string_view expected) {
    if (status_.ok()) status_ = Failure(code, Where(), found, expected);
    json_.Skip();
  }

  Digest ReadDigest() {
    const auto digest = DigestOfHex(json_.String());
    if (!digest && json_.ok() && status_.ok()) {
      status_ =
          Failure(ErrorCode::kBadManifest, Where(), "a sha256 that is none",
                  "64 hexadecimal digits in lower case");
    }
    return digest.value_or(Digest{});
  }

  void ReadEntries() {
    json_.Object([&](std::string_view name) {
      const auto index = archive_.Find(name);
      if (!index || *index >= count_ || named_[*index]) {
        const char* found = !index ? " that the archive has not"
                            : *index >= count_
                                ? " that the signature is part of"
                                : " named twice";
        return Fail(ErrorCode::kNotAsSigned,
                    "an entry " + archive::Printable(name) + found,
                    "the archive's entries, each once, but for " +
                        std::string(kManifestName) + " and " +
                        std::string(kSignatureName));
      }
      named_[*index] = true;
      ReadEntry(*index);
    });
  }

  void ReadEntry(Archive::Index index) {
    bool has_digest = false;
    std::optional<std::uint64_t> size;
    json_.Object([&](std::string_view name) {
      if (name == "sha256") {
        manifest_.contents[index] = ReadDigest();
        has_digest = true;
      } else if (name == "size") {
        size = json_.Number();
      } else {
        json_.Skip();
      }
    });
    if (!json_.ok() || !status_.ok()) return;
    const archive::Entry entry = archive_.entry(index);
    if (!has_digest || !size) {
      status_ = Failure(
          ErrorCode::kBadManifest, Where(),
          archive::Printable(entry.name) + " without its sha256 or size",
          "both");
    } else if (*size != entry.size_bytes) {
      status_ = archive::EntryFailure(
          ErrorCode::kNotAsSigned, archive_.name(), entry.name,
          archive::Count(entry.size_bytes, "bytes"),
          std::to_string(*size) + " as the manifest says");
    }
  }

  void ReadLayout() {
    Layout layout;
    unsigned seen = 0;
    json_.Object([&](std::string_view name) {
      if (name == "prefixSize") {
        layout.prefix_size_bytes = json_.Number();
        seen |= 1;
      } else if (name == "prefix") {
        layout.prefix = ReadDigest();
        seen |= 2;
      } else if (name == "directory") {
        layout.directory = ReadDigest();
        seen |= 4;
      } else {
        json_.Skip();
      }
    });
    manifest_.layout = layout;
    if (seen != 7 && json_.ok() && status_.ok()) {
      status_ = Failure(ErrorCode::kBadManifest, Where(),
                        "a layout that is not whole",
                        "prefixSize, prefix and directory");
    }
  }

  Status CheckAllNamed() const {
    for (Archive::Index index = 0; index < count_; ++index) {
      if (named_[index]) continue;
      return archive::EntryFailure(
          ErrorCode::kNotAsSigned, archive_.name(), archive_.entry_name(index),
          "an entry that the manifest does not name", "those that it names");
    }
    return Status::Ok();
  }

  const Archive& archive_;
  Archive::Index count_;
  JsonReader json_;
  std::vector<bool> named_;
  Manifest manifest_;
  Status status_;
};

}  // namespace

std::optional<Digest> DigestOfHex(std::string_view text) {
  Digest digest = {};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = HexDigit(text[2 * i]);
    const int low = HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::byte>(high << 4 | low);
  }
  return digest;
}

std::string HexOf(const Digest& digest) { return Hexadecimal(digest); }

Result<Manifest> ReadManifest(const Archive& archive, Archive::Index count,
                              std::string_view json) {
  return ManifestReader(archive, count, json).Read();
}

Result<SignatureFile> ReadSignature(std::string_view origin,
                                    std::string_view json) {
  JsonReader reader(json);
  std::string algorithm;
  std::optional<Digest> key;
  std::optional<Signature> signature;
  std::uint64_t format = 0;
  reader.Object([&](std::string_view name) {
    if (name == "format") {
      format = reader.Number();
    } else if (name == "algorithm") {
      algorithm = reader.String();
    } else if (name == "key") {
      key = DigestOfHex(reader.String());
    } else if (name == "signature") {
      signature = SignatureOfBase64(reader.String());
    } else {
      reader.Skip();
    }
  });
  reader.End();
  if (!reader.ok() || format != kFormat || algorithm != "Ed25519" || !key ||
      !signature) {
    return Failure(ErrorCode::kBadSignature,
                   std::string(origin) + "!/" + std::string(kSignatureName),
                   "no Ed25519 signature of format 1",
                   "what inmem-python sign writes");
  }
  return SignatureFile{*key, *signature};
}

}  // namespace inmem::trust
