// native/addon/bridge_binding.cc: the bridge's beginning.
#include "napi/napi_setup.h"

#include "addon/bridge_binding.h"

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "addon/errors.h"
#include "addon/job_arguments.h"
#include "base/status.h"
#include "bridge/begin.h"
#include "bridge/operations.h"
#include "interpreter/job.h"
#include "interpreter/python_thread.h"
#include "interpreter/session.h"
#include "interpreter/signals.h"
#include "napi/js_calls.h"

namespace inmem::addon {
namespace {

using interpreter::PythonThread;

// Python may still be starting: a thread waits for it.
Result<std::vector<std::string>> Begin(const interpreter::Job& job) {
  Status started = PythonThread::Get().WaitStarted();
  if (!started.ok()) return started;
  Status prepared = bridge::Prepare(interpreter::WakeSignal);
  if (!prepared.ok()) return prepared;
  return interpreter::OpenSession(job);
}

// beginBridge(job, done): calls done(error, mount points) when openBridge() may
// be called. Of the job what OpenSession() reads.
Napi::Value BeginBridge(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto calls = napi::JsCalls::Make(
      env, "inmem-python start", [] {}, info[1].As<Napi::Function>());
  if (!calls) return env.Undefined();
  interpreter::Job job = ReadJob(info[0].As<Napi::Object>());
  auto work = [calls, job = std::move(job)] {
    auto points = Begin(job);
    calls->PostToListener([points](Napi::Env js, Napi::Function done) {
      if (!points.ok()) {
        done.Call({ErrorOf(js, points.status())});
        return;
      }
      Napi::Array array = Napi::Array::New(js);
      for (std::uint32_t i = 0; i < points.value().size(); ++i) {
        array.Set(i, Napi::String::New(js, points.value()[i]));
      }
      done.Call({js.Undefined(), array});
    });
    calls->Release();
  };
  try {
    std::thread(std::move(work)).detach();
  } catch (const std::system_error&) {
    calls->Release();
    return Throw(
        env, {ErrorCode::kInterpreter, "no thread could be made for Python"});
  }
  return env.Undefined();
}

}  // namespace

void AddBridgeBinding(Napi::Env env, Napi::Object exports) {
  exports.Set("beginBridge", Napi::Function::New(env, BeginBridge));
  napi_value open = nullptr;
  napi_create_function(env, "openBridge", NAPI_AUTO_LENGTH, bridge::OpenBridge,
                       nullptr, &open);
  exports.Set("openBridge", Napi::Value(env, open));
}

}  // namespace inmem::addon
