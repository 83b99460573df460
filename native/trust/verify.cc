// native/trust/verify.cc: a bundle held against its signature.
#include "trust/verify.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "archive/message.h"
#include "base/byte_reader.h"
#include "trust/manifest.h"
#include "trust/structure.h"

namespace inmem::trust {
namespace {

using archive::Archive;

// The contents that were signed, by index.
class SignedContents final : public archive::ContentCheck {
 public:
  SignedContents(std::string origin, std::vector<Digest> contents,
                 const Crypto& crypto,
                 std::function<void(const Status&)> on_change)
      : origin_(std::move(origin)),
        contents_(std::move(contents)),
        crypto_(crypto),
        on_change_(std::move(on_change)) {}

  Status Check(std::uint32_t index, std::string_view name,
               std::span<const std::byte> content) const override {
    if (failed_.load(std::memory_order_acquire)) return failure_;
    return Compare(index, name, crypto_.Sha256(content));
  }

  std::unique_ptr<Pieces> InPieces(std::uint32_t index,
                                   std::string_view name) const override {
    return std::make_unique<SignedPieces>(*this, index, name);
  }

  std::string_view Identity(std::uint32_t index) const override {
    const Digest& digest = contents_[index];
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
  }

  // A CRC that is wrong, data that cannot be inflated, a file that became
  // shorter: all are changes of what was signed. Only memory is no one's fault.
  Status Unreadable(const Status& why) const override {
    if (why.code() == ErrorCode::kTooLarge) return why;
    return Change({ErrorCode::kBadDigest,
                   why.message() + "; the content is not what was signed"});
  }

 private:
  class SignedPieces final : public Pieces {
   public:
    SignedPieces(const SignedContents& contents, std::uint32_t index,
                 std::string_view name)
        : contents_(contents),
          index_(index),
          name_(name),
          hash_(contents.crypto_.BeginSha256()) {}
    void Add(std::span<const std::byte> piece) override { hash_->Add(piece); }
    Status End() override {
      return contents_.Compare(index_, name_, hash_->End());
    }

   private:
    const SignedContents& contents_;
    std::uint32_t index_;
    std::string_view name_;
    std::unique_ptr<Crypto::Hash> hash_;
  };

  Status Compare(std::uint32_t index, std::string_view name,
                 const Digest& found) const {
    if (failed_.load(std::memory_order_acquire)) return failure_;
    if (found == contents_[index]) return Status::Ok();
    return Change(archive::EntryFailure(
        ErrorCode::kBadDigest, origin_, name, "SHA-256 " + HexOf(found),
        HexOf(contents_[index]) + " as signed"));
  }

  // The first one is told, and is the answer from then on.
  Status Change(Status status) const {
    {
      const std::lock_guard lock(mutex_);
      if (failed_) return failure_;
      failure_ = std::move(status);
      failed_.store(true, std::memory_order_release);
    }
    if (on_change_) on_change_(failure_);
    return failure_;
  }

  std::string origin_;
  std::vector<Digest> contents_;
  const Crypto& crypto_;
  std::function<void(const Status&)> on_change_;
  mutable std::mutex mutex_;  // guards the change of:
  mutable std::atomic<bool> failed_ = false;
  mutable Status failure_;  // constant once failed_
};

// The contents of inmem.json and inmem.sig, which were read before the check
// was there, count as they were read.
Result<archive::Bytes> ReadOwn(const Archive& archive, Archive::Index index) {
  constexpr std::uint64_t kLimitBytes = std::uint64_t{256} << 20;
  if (archive.entry(index).size_bytes > kLimitBytes) {
    return archive::EntryFailure(
        ErrorCode::kBadManifest, archive.name(), archive.entry_name(index),
        archive::Count(archive.entry(index).size_bytes, "bytes"),
        "256 MiB at most");
  }
  return archive.Read(index);
}

Status CheckSignature(const Archive& archive, std::string_view signature,
                      std::span<const std::byte> manifest, const PublicKey& key,
                      const Crypto& crypto) {
  const Result<SignatureFile> file = ReadSignature(archive.name(), signature);
  if (!file.ok()) return file.status();
  const Digest key_id = crypto.Sha256(key);
  if (file.value().key_id != key_id) {
    return archive::Failure(
        ErrorCode::kBadSignature, archive.name(),
        "a signature by the key " + HexOf(file.value().key_id),
        "one by the key " + HexOf(key_id));
  }
  if (!crypto.Verifies(key, manifest, file.value().signature)) {
    return archive::Failure(ErrorCode::kBadSignature, archive.name(),
                            "a signature that is not of this inmem.json",
                            "the manifest that was signed");
  }
  return Status::Ok();
}

// Reads on several threads until all is read or something fails.
class ContentsWalk {
 public:
  explicit ContentsWalk(const Archive& archive) : archive_(archive) {}

  Status Run() {
    constexpr unsigned kMostThreads = 8;
    const unsigned wanted =
        std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
    std::vector<std::thread> threads;
    // Fewer threads do it, too.
    while (threads.size() + 1 < wanted && StartThread(&threads)) {
    }
    Walk();
    for (std::thread& thread : threads) thread.join();
    return failure_;
  }

 private:
  // False: no thread is to be had.
  bool StartThread(std::vector<std::thread>* threads) {
    try {
      threads->emplace_back([this] { Walk(); });
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void Walk() {
    const auto count = static_cast<std::uint32_t>(archive_.entry_count());
    for (auto index = next_++; index < count; index = next_++) {
      Status status = archive_.CheckPlace(index);
      if (status.ok()) status = Test(index);
      if (status.ok()) continue;
      next_ = count;
      const std::lock_guard lock(mutex_);
      if (failure_.ok()) failure_ = std::move(status);
    }
  }

  // What is whole in memory meanwhile, and large, is one at a time.
  Status Test(std::uint32_t index) {
    constexpr std::uint64_t kLargeBytes = std::uint64_t{64} << 20;
    const archive::Entry entry = archive_.entry(index);
    std::unique_lock lock(large_, std::defer_lock);
    if (entry.method == archive::Method::kDeflate &&
        entry.size_bytes > kLargeBytes) {
      lock.lock();
    }
    return archive_.Test(index);
  }

  const Archive& archive_;
  std::atomic<std::uint32_t> next_ = 0;
  std::mutex large_;
  std::mutex mutex_;
  Status failure_;
};

}  // namespace

Result<std::shared_ptr<const Archive>> Verify(const Archive& archive,
                                              const Demand& demand,
                                              const Crypto& crypto) {
  const auto structure = ReadStructure(archive, crypto);
  if (!structure.ok()) return structure.status();
  const Structure& parts = structure.value();
  if (!parts.signature) {
    return archive::Failure(ErrorCode::kUnsigned, archive.name(),
                            "no " + std::string(kSignatureName) + " in it",
                            "a bundle that inmem-python sign has signed");
  }
  const auto manifest_bytes = ReadOwn(archive, parts.manifest);
  if (!manifest_bytes.ok()) return manifest_bytes.status();
  const auto signature_bytes = ReadOwn(archive, *parts.signature);
  if (!signature_bytes.ok()) return signature_bytes.status();
  const auto manifest_span = manifest_bytes.value().span();
  const auto signature_span = signature_bytes.value().span();
  Status status = CheckSignature(archive, AsChars(signature_span),
                                 manifest_span, demand.key, crypto);
  if (!status.ok()) return status;
  auto manifest = ReadManifest(archive, parts.manifest, AsChars(manifest_span));
  if (!manifest.ok()) return manifest.status();
  if (!manifest.value().layout) {
    return archive::Failure(ErrorCode::kBadManifest, archive.name(),
                            "a signed manifest without its layout",
                            "what inmem-python sign writes");
  }
  status = CompareLayouts(archive, parts.layout, *manifest.value().layout);
  if (!status.ok()) return status;
  std::vector<Digest> contents = std::move(manifest.value().contents);
  contents.push_back(crypto.Sha256(manifest_span));
  contents.push_back(crypto.Sha256(signature_span));
  auto checked = archive.WithCheck(std::make_shared<SignedContents>(
      archive.name(), std::move(contents), crypto, demand.on_change));
  if (demand.full) {
    status = VerifyContents(*checked);
    if (!status.ok()) return status;
  }
  return checked;
}

Status VerifyContents(const Archive& archive) {
  return ContentsWalk(archive).Run();
}

}  // namespace inmem::trust
