// native/addon/compress_binding.cc: compression beside JavaScript's thread.
#include "addon/compress_binding.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "archive/compress.h"
#include "archive/zstd_stream.h"

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

// A stream, and whether a step of it is going.
struct SharedStream {
  std::unique_ptr<archive::ZstdStream> stream;
  bool busy = false;  // JavaScript's thread alone looks at it
};

// One step on a thread of Node's pool.
class StepWorker : public Napi::AsyncWorker {
 public:
  StepWorker(Napi::Env env, std::shared_ptr<SharedStream> shared,
             Napi::Uint8Array input, bool last)
      : Napi::AsyncWorker(env, "inmem.zstd"),
        deferred_(Napi::Promise::Deferred::New(env)),
        shared_(std::move(shared)),
        held_(Napi::Persistent(input)),
        bytes_(reinterpret_cast<const std::byte*>(input.Data()),
               input.ByteLength()),
        last_(last) {
    shared_->busy = true;
  }

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override {
    constexpr std::size_t kPlaceBytes = 1 << 20;
    out_.resize(kPlaceBytes);
    const archive::CodecResult result =
        shared_->stream->Next(bytes_, last_, out_, &step_);
    if (!result.ok()) SetError(result.found);
  }

  void OnOK() override {
    shared_->busy = false;
    Napi::Object object = Napi::Object::New(Env());
    object.Set("output", Napi::Buffer<std::byte>::Copy(Env(), out_.data(),
                                                       step_.produced_bytes));
    object.Set("consumedBytes", static_cast<double>(step_.consumed_bytes));
    object.Set("isDone", step_.done);
    deferred_.Resolve(object);
  }

  void OnError(const Napi::Error& error) override {
    shared_->busy = false;
    deferred_.Reject(error.Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::shared_ptr<SharedStream> shared_;
  Napi::Reference<Napi::Uint8Array> held_;
  std::span<const std::byte> bytes_;
  bool last_;
  std::vector<std::byte> out_;
  archive::ZstdStream::Step step_;
};

// step(input, isLast)
Napi::Value StepStream(const Napi::CallbackInfo& info,
                       const std::shared_ptr<SharedStream>& shared) {
  const Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsTypedArray() || !info[1].IsBoolean()) {
    Napi::TypeError::New(env, "expected (Uint8Array, boolean)")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  if (shared->busy) {
    Napi::Error::New(env, "a step is going").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  auto* worker = new StepWorker(env, shared, info[0].As<Napi::Uint8Array>(),
                                info[1].As<Napi::Boolean>());
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

// An object whose one function owns the stream.
Napi::Value StreamObject(Napi::Env env,
                         std::unique_ptr<archive::ZstdStream> stream) {
  if (stream == nullptr) {
    Napi::Error::New(env, "no memory, or no such level")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  auto shared = std::make_shared<SharedStream>();
  shared->stream = std::move(stream);
  Napi::Object object = Napi::Object::New(env);
  object.Set("step", Napi::Function::New(
                         env,
                         [shared](const Napi::CallbackInfo& call) {
                           return StepStream(call, shared);
                         },
                         "step"));
  return object;
}

// zstdCompressor(level, sizeBytes)
Napi::Value ZstdCompressor(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsNumber() || !info[1].IsNumber()) {
    Napi::TypeError::New(env, "expected (level, sizeBytes)")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const double size = info[1].As<Napi::Number>().DoubleValue();
  return StreamObject(env, archive::ZstdStream::Compressor(
                               info[0].As<Napi::Number>().Int32Value(),
                               static_cast<std::uint64_t>(size)));
}

Napi::Value ZstdDecompressor(const Napi::CallbackInfo& info) {
  return StreamObject(info.Env(), archive::ZstdStream::Decompressor());
}

}  // namespace

void AddCompressBinding(Napi::Env env, Napi::Object exports) {
  exports.Set("zstdCompressor", Napi::Function::New(env, ZstdCompressor));
  exports.Set("zstdDecompressor", Napi::Function::New(env, ZstdDecompressor));
  exports.Set("compress", Napi::Function::New(env, Compress));
}

}  // namespace inmem::addon
