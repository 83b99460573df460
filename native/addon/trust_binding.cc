// native/addon/trust_binding.cc: what signing and verifying ask of a bundle.
#include "napi/napi_setup.h"

#include "addon/trust_binding.h"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "addon/errors.h"
#include "archive/archive.h"
#include "archive/byte_source.h"
#include "base/status.h"
#include "interpreter/openssl_crypto.h"
#include "interpreter/verification.h"
#include "os/file_source.h"
#include "trust/manifest.h"
#include "trust/structure.h"

namespace inmem::addon {
namespace {

using archive::Archive;

Result<std::shared_ptr<const Archive>> OpenFile(const std::string& path) {
  auto source = os::OpenFileSource(path);
  if (!source.ok()) return source.status();
  return Archive::Open(source.Take());
}

// bundleLayout(path): where a bundle's manifest lies, what it says, and what
// its layout is.
Napi::Value BundleLayout(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto opened = OpenFile(info[0].As<Napi::String>().Utf8Value());
  if (!opened.ok()) return Throw(env, opened.status());
  const Archive& archive = *opened.value();
  auto read = trust::ReadStructure(archive, interpreter::OpenSslCrypto());
  if (!read.ok()) return Throw(env, read.status());
  const trust::Structure& structure = read.value();
  auto manifest = archive.Read(structure.manifest);
  if (!manifest.ok()) return Throw(env, manifest.status());
  Napi::Object object = Napi::Object::New(env);
  const auto number = [&](const char* name, std::uint64_t value) {
    object.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  };
  const auto text = manifest.value().span();
  const auto records = archive.records(structure.manifest);
  object.Set("manifest",
             Napi::Buffer<std::byte>::Copy(env, text.data(), text.size()));
  object.Set("records", Napi::Buffer<std::byte>::Copy(env, records.data(),
                                                      records.size()));
  number("entries", structure.manifest);
  number("manifestOffset",
         archive.entry(structure.manifest).local_header_offset_bytes);
  number("shift", archive.extent().shift_bytes);
  number("prefixSize", structure.layout.prefix_size_bytes);
  object.Set("prefix", trust::HexOf(structure.layout.prefix));
  object.Set("directory", trust::HexOf(structure.layout.directory));
  return object;
}

// Hashes gigabytes: not on JavaScript's thread.
class VerifyWorker final : public Napi::AsyncWorker {
 public:
  VerifyWorker(Napi::Env env, std::string path, std::vector<std::byte> bytes,
               interpreter::Verification verification)
      : Napi::AsyncWorker(env, "inmem-python verify"),
        deferred_(Napi::Promise::Deferred::New(env)),
        path_(std::move(path)),
        bytes_(std::move(bytes)),
        verification_(verification) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override {
    auto opened = bytes_.empty()
                      ? OpenFile(path_)
                      : Archive::Open(std::make_shared<archive::MemorySource>(
                            path_, bytes_));
    if (!opened.ok()) {
      status_ = opened.status();
      return;
    }
    auto verified = interpreter::VerifyArchive(*opened.value(), verification_);
    status_ = verified.status();
    entries_ = opened.value()->entry_count();
  }

  void OnOK() override {
    const Napi::HandleScope scope(Env());
    if (status_.ok()) {
      // Without the manifest and the signature.
      deferred_.Resolve(
          Napi::Number::New(Env(), static_cast<double>(entries_ - 2)));
      return;
    }
    Throw(Env(), status_);
    deferred_.Reject(Env().GetAndClearPendingException().Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::string path_;
  std::vector<std::byte> bytes_;  // empty: the file at path_
  interpreter::Verification verification_;
  Status status_;
  std::size_t entries_ = 0;
};

// verifyBundle(path or bytes, name, verification): how many entries were
// checked.
Napi::Value VerifyBundle(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string path;
  std::vector<std::byte> bytes;
  if (info[0].IsString()) {
    path = info[0].As<Napi::String>().Utf8Value();
  } else {
    auto array = info[0].As<Napi::Uint8Array>();
    const auto* data = reinterpret_cast<const std::byte*>(array.Data());
    bytes.assign(data, data + array.ByteLength());
    path = info[1].As<Napi::String>().Utf8Value();
    if (bytes.empty()) {
      return Throw(env, Status(ErrorCode::kNotZip, path + ": no bytes"));
    }
  }
  const auto verification =
      interpreter::ReadVerification(info[2].As<Napi::String>().Utf8Value());
  auto* worker =
      new VerifyWorker(env, std::move(path), std::move(bytes),
                       verification.value_or(interpreter::Verification{}));
  Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace

void AddTrustBinding(Napi::Env env, Napi::Object exports) {
  exports.Set("bundleLayout", Napi::Function::New(env, BundleLayout));
  exports.Set("verifyBundle", Napi::Function::New(env, VerifyBundle));
}

}  // namespace inmem::addon
