// native/addon/compress_binding.cc: compression beside JavaScript's thread.
#include "addon/compress_binding.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "archive/compress.h"

namespace inmem::addon {
namespace {

// One piece of work on a thread of Node's pool; the promise is settled and the
// worker deleted on JavaScript's.
class CompressWorker : public Napi::AsyncWorker {
 public:
  CompressWorker(Napi::Env env, Napi::Uint8Array input, archive::Method method,
                 int level)
      : Napi::AsyncWorker(env, "inmem.compress"),
        deferred_(Napi::Promise::Deferred::New(env)),
        held_(Napi::Persistent(input)),
        bytes_(reinterpret_cast<const std::byte*>(input.Data()),
               input.ByteLength()),
        method_(method),
        level_(level) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override {
    packed_ = archive::Compress(method_, level_, bytes_);
    if (packed_.empty()) SetError("no memory, or no such level");
  }

  void OnOK() override {
    deferred_.Resolve(
        Napi::Buffer<std::byte>::Copy(Env(), packed_.data(), packed_.size()));
  }

  void OnError(const Napi::Error& error) override {
    deferred_.Reject(error.Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  // The bytes of a buffer stay where they are while it is referred to.
  Napi::Reference<Napi::Uint8Array> held_;
  std::span<const std::byte> bytes_;
  archive::Method method_;
  int level_;
  std::vector<std::byte> packed_;
};

// compress(bytes, method, level)
Napi::Value Compress(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::uint32_t method = info.Length() > 2 && info[1].IsNumber()
                                   ? info[1].As<Napi::Number>().Uint32Value()
                                   : 0;
  const bool known =
      method == static_cast<std::uint32_t>(archive::Method::kDeflate) ||
      method == static_cast<std::uint32_t>(archive::Method::kZstd);
  if (!known || !info[0].IsTypedArray() || !info[2].IsNumber()) {
    Napi::TypeError::New(env, "expected (Uint8Array, 8 or 93, level)")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  auto* worker = new CompressWorker(env, info[0].As<Napi::Uint8Array>(),
                                    static_cast<archive::Method>(method),
                                    info[2].As<Napi::Number>().Int32Value());
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace

void AddCompressBinding(Napi::Env env, Napi::Object exports) {
  exports.Set("compress", Napi::Function::New(env, Compress));
}

}  // namespace inmem::addon
