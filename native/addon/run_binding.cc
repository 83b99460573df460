// native/addon/run_binding.cc: run, interrupt and the streams of a run.
#include "napi/napi_setup.h"

#include "addon/run_binding.h"

#include <fcntl.h>
#include <signal.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "addon/errors.h"
#include "addon/job_arguments.h"
#include "base/status.h"
#include "interpreter/job.h"
#include "interpreter/job_pipes.h"
#include "interpreter/python_thread.h"
#include "interpreter/signals.h"
#include "napi/js_calls.h"
#include "os/memory_file.h"

namespace inmem::addon {
namespace {

using interpreter::CurrentPipes;
using interpreter::Job;
using interpreter::Outcome;
using interpreter::PythonThread;

Napi::Array Texts(Napi::Env env, const std::vector<std::string>& texts) {
  Napi::Array array = Napi::Array::New(env, texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    array.Set(static_cast<std::uint32_t>(i), Napi::String::New(env, texts[i]));
  }
  return array;
}

Napi::Object DescribeException(Napi::Env env,
                               const interpreter::ExceptionText& text) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("type", text.type);
  object.Set("message", text.message);
  object.Set("traceback", text.traceback);
  object.Set("code", text.code);
  object.Set("cause", text.cause ? DescribeException(env, *text.cause)
                                 : env.Undefined());
  return object;
}

Napi::Object DescribeOutcome(Napi::Env env, const Outcome& outcome) {
  Napi::Object object = Napi::Object::New(env);
  switch (outcome.kind) {
    case Outcome::Kind::kExit:
      object.Set("kind", "exit");
      object.Set("exitCode", Napi::Number::New(env, outcome.exit_code));
      break;
    case Outcome::Kind::kException:
      object = DescribeException(env, outcome.exception);
      object.Set("kind", "exception");
      break;
    case Outcome::Kind::kError:
      object.Set("kind", "error");
      object.Set("code", outcome.code);
      object.Set("message", outcome.message);
      break;
  }
  Napi::Object modules = Napi::Object::New(env);
  modules.Set("memory", Texts(env, outcome.modules_from_memory));
  modules.Set("disk", Texts(env, outcome.modules_from_disk));
  object.Set("modules", modules);
  object.Set("beganNs", Napi::BigInt::New(env, outcome.began_ns));
  return object;
}

// Turns what a run posts into calls of the listener, on its own thread.
class Host final : public interpreter::JobHost,
                   public std::enable_shared_from_this<Host> {
 public:
  explicit Host(std::shared_ptr<napi::JsCalls> calls)
      : calls_(std::move(calls)) {}

  void PostOutput(int fd, std::vector<std::byte> data) override {
    Emit("output",
         [fd, data = std::move(data)](Napi::Env env, Napi::Object event) {
           event.Set("fd", Napi::Number::New(env, fd));
           event.Set("data", Napi::Buffer<std::byte>::Copy(env, data.data(),
                                                           data.size()));
         });
  }
  void PostInputWanted() override { Emit("input", nullptr); }
  void PostRootsWanted() override { Emit("roots", nullptr); }
  void PostSignalWanted(int number) override {
    Emit("signal", [number](Napi::Env env, Napi::Object event) {
      event.Set("number", Napi::Number::New(env, number));
    });
  }
  void PostVariable(std::string name, std::string value) override {
    calls_->Post([name = std::move(name), value = std::move(value)](Napi::Env) {
      setenv(name.c_str(), value.c_str(), 1);
    });
  }
  void PostEnd(Outcome outcome) override {
    auto shared = std::make_shared<Outcome>(std::move(outcome));
    Emit("end", [shared](Napi::Env env, Napi::Object event) {
      event.Set("outcome", DescribeOutcome(env, *shared));
    });
    calls_->Release();
  }

 private:
  using Fill = std::function<void(Napi::Env, Napi::Object)>;

  void Emit(const char* type, Fill fill) {
    calls_->PostToListener(
        [type, fill = std::move(fill)](Napi::Env env, Napi::Function listener) {
          Napi::Object event = Napi::Object::New(env);
          event.Set("type", type);
          if (fill) fill(env, event);
          listener.Call({event});
        });
  }

  std::shared_ptr<napi::JsCalls> calls_;
};

// Free for others until Keep(), if Reserve() has taken it.
class Reservation {
 public:
  Reservation() = default;
  ~Reservation() {
    if (reserved_) PythonThread::Get().CancelReservation();
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  Status Reserve() {
    Status status = PythonThread::Get().Reserve();
    reserved_ = status.ok();
    return status;
  }
  void Keep() { reserved_ = false; }

 private:
  bool reserved_ = false;
};

// run(job, listener, prepare): lib/run.ts has checked them. `prepare` is called
// when it is this job's turn, and sets its environment: a job that has to wait
// must not change that of the one that is going.
Napi::Value Run(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  // A worker that is terminated takes its program along: nobody listens any
  // more, so it must not wait for anybody.
  auto calls = napi::JsCalls::Make(
      env, "inmem-python run",
      [] {
        CurrentPipes().Close();
        PythonThread::Get().Interrupt(SIGINT);
      },
      info[1].As<Napi::Function>());
  if (!calls) return env.Undefined();
  Reservation reservation;
  if (Status status = reservation.Reserve(); !status.ok()) {
    calls->Release();
    return Throw(env, status);
  }
  info[2].As<Napi::Function>().Call({});
  if (env.IsExceptionPending()) {
    calls->Release();
    return env.Undefined();
  }
  Job job = ReadJob(info[0].As<Napi::Object>());
  if (job.bundles.empty() || env.IsExceptionPending()) {
    calls->Release();
    return env.Undefined();
  }
  job.host = std::make_shared<Host>(calls);
  Status status = PythonThread::Get().Start(std::move(job));
  if (!status.ok()) {
    calls->Release();
    return Throw(env, status);
  }
  reservation.Keep();
  return env.Undefined();
}

// changeEnvironment(pairs): sets [name, value] (undefined: unsets) in the
// process's real environment; gives the pairs that put back what was there. Not
// through process.env, since a worker's is a copy.
Napi::Value ChangeEnvironment(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto pairs = info[0].As<Napi::Array>();
  Napi::Array before = Napi::Array::New(env, pairs.Length());
  for (std::uint32_t i = 0; i < pairs.Length(); ++i) {
    auto pair = Element(pairs, i).As<Napi::Array>();
    std::string name = Element(pair, 0u).As<Napi::String>().Utf8Value();
    const char* old = std::getenv(name.c_str());
    Napi::Array old_pair = Napi::Array::New(env, 2);
    old_pair.Set(0u, Napi::String::New(env, name));
    old_pair.Set(1u, old != nullptr ? Napi::Value(Napi::String::New(env, old))
                                    : env.Undefined());
    before.Set(i, old_pair);
    Napi::Value value = Element(pair, 1u);
    if (value.IsString()) {
      setenv(name.c_str(), value.As<Napi::String>().Utf8Value().c_str(), 1);
    } else {
      unsetenv(name.c_str());
    }
  }
  return before;
}

// memoryFile(bytes, name): a descriptor of a sealed copy, the caller's to
// close.
Napi::Value MemoryFile(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto bytes = info[0].As<Napi::Uint8Array>();
  const std::span data(reinterpret_cast<const std::byte*>(bytes.Data()),
                       bytes.ByteLength());
  const std::string name = info[1].As<Napi::String>().Utf8Value();
  auto made = os::MemoryFile::Copy(data, name);
  if (!made.ok()) return Throw(env, made.status());
  const int fd = fcntl(made.value()->descriptor(), F_DUPFD_CLOEXEC, 3);
  if (fd < 0) {
    return Throw(env, Status(ErrorCode::kMemfd,
                             name + ": its memory file cannot be duplicated"));
  }
  return Napi::Number::New(env, fd);
}

void Interrupt(const Napi::CallbackInfo& info) {
  PythonThread::Get().Interrupt(info[0].As<Napi::Number>().Int32Value());
}

void InterruptHard(const Napi::CallbackInfo&) {
  PythonThread::Get().InterruptHard();
}

void Wake(const Napi::CallbackInfo&) { PythonThread::Get().Wake(); }

void OutputTaken(const Napi::CallbackInfo& info) {
  CurrentPipes().OutputTaken(
      static_cast<std::size_t>(info[0].As<Napi::Number>().Int64Value()));
}

void PushInput(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) {
    CurrentPipes().EndInput();
    return;
  }
  auto chunk = info[0].As<Napi::Uint8Array>();
  const auto* data = reinterpret_cast<const std::byte*>(chunk.Data());
  CurrentPipes().PushInput({data, data + chunk.ByteLength()});
}

void DeliverSignal(const Napi::CallbackInfo& info) {
  interpreter::DeliverShared(info[0].As<Napi::Number>().Int32Value());
}

void ReclaimSignals(const Napi::CallbackInfo&) {
  interpreter::ReclaimSignals();
}

void PushRoots(const Napi::CallbackInfo& info) {
  CurrentPipes().PushRoots(info[0].As<Napi::String>().Utf8Value());
}

}  // namespace

void AddRunBinding(Napi::Env env, Napi::Object exports) {
  exports.Set("run", Napi::Function::New(env, Run));
  exports.Set("changeEnvironment", Napi::Function::New(env, ChangeEnvironment));
  exports.Set("memoryFile", Napi::Function::New(env, MemoryFile));
  exports.Set("interrupt", Napi::Function::New(env, Interrupt));
  exports.Set("interruptHard", Napi::Function::New(env, InterruptHard));
  exports.Set("wake", Napi::Function::New(env, Wake));
  exports.Set("outputTaken", Napi::Function::New(env, OutputTaken));
  exports.Set("pushInput", Napi::Function::New(env, PushInput));
  exports.Set("deliverSignal", Napi::Function::New(env, DeliverSignal));
  exports.Set("reclaimSignals", Napi::Function::New(env, ReclaimSignals));
  exports.Set("pushRoots", Napi::Function::New(env, PushRoots));
}

}  // namespace inmem::addon
