// native/addon/bridge_binding.cc: the bridge's beginning.
#include "napi/napi_setup.h"

#include "addon/bridge_binding.h"

#include <memory>
#include <system_error>
#include <thread>

#include "addon/errors.h"
#include "base/status.h"
#include "bridge/begin.h"
#include "bridge/operations.h"
#include "interpreter/python_thread.h"
#include "napi/js_calls.h"

namespace inmem::addon {
namespace {

using interpreter::PythonThread;

// Python may still be starting: a thread waits for it.
Status Begin() {
  Status started = PythonThread::Get().WaitStarted();
  return started.ok() ? bridge::Prepare() : started;
}

// beginBridge(done): calls done(error?) when openBridge() may be called.
Napi::Value BeginBridge(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto calls = napi::JsCalls::Make(env, "inmem-python start", [] {});
  if (!calls) return env.Undefined();
  auto done = std::make_shared<Napi::FunctionReference>(
      Napi::Persistent(info[0].As<Napi::Function>()));
  auto work = [calls, done] {
    Status status = Begin();
    calls->Post([done, status](Napi::Env js) {
      if (status.ok()) {
        done->Call({});
      } else {
        done->Call({ErrorOf(js, status)});
      }
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
