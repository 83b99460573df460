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
#include "importer/state.h"
#include "interpreter/job.h"
#include "interpreter/python_thread.h"
#include "interpreter/session.h"
#include "interpreter/signals.h"
#include "napi/js_calls.h"

extern "C" int __wrap_PyErr_CheckSignals(void);  // bridge/limit.cc

namespace inmem::addon {
namespace {

using interpreter::PythonThread;

// An interpreter of its own, until its environment opens it; that may have
// ended before.
class Unopened {
 public:
  explicit Unopened(std::uint32_t number) : number_(number) {}
  ~Unopened() { bridge::EndUnopened(number_); }
  Unopened(const Unopened&) = delete;
  Unopened& operator=(const Unopened&) = delete;
  std::uint32_t number() const { return number_; }

 private:
  std::uint32_t number_;
};

struct Begun {
  std::vector<std::string> points;
  std::shared_ptr<Unopened> own;  // null: the shared one
};

Result<Begun> BeginOwn(const interpreter::Job& job) {
  auto points = interpreter::MountSession(job);
  if (!points.ok()) return points.status();
  auto number = bridge::PrepareOwn(interpreter::WakeSignal, [&] {
    return interpreter::ShowSession(job, points.value());
  });
  if (!number.ok()) return number.status();
  return Begun{points.Take(), std::make_shared<Unopened>(number.value())};
}

// Extensions that ask for signals while they compute or wait are told of the
// end of a call, as CPython's own code is: the linker's --wrap is not for them.
void RedirectSignalChecks() {
  static const bool done = [] {
    importer::State::Get().loader().Redirect(
        "PyErr_CheckSignals",
        reinterpret_cast<void*>(&__wrap_PyErr_CheckSignals));
    return true;
  }();
  (void)done;
}

// Python may still be starting: a thread waits for it.
Result<Begun> Begin(const interpreter::Job& job, bool own) {
  Status started = PythonThread::Get().WaitStarted();
  if (!started.ok()) return started;
  RedirectSignalChecks();
  if (own) return BeginOwn(job);
  Status prepared = bridge::Prepare(interpreter::WakeSignal);
  if (!prepared.ok()) return prepared;
  auto points = interpreter::OpenSession(job);
  if (!points.ok()) return points.status();
  return Begun{points.Take(), nullptr};
}

// beginBridge(job, own, done): calls done(error, mount points, number of the
// interpreter) when openBridge() may be called. Of the job what OpenSession()
// reads; `own`: in an interpreter of its own, else the number is 0.
Napi::Value BeginBridge(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto calls = napi::JsCalls::Make(
      env, "inmem-python start", [] {}, info[2].As<Napi::Function>());
  if (!calls) return env.Undefined();
  interpreter::Job job = ReadJob(info[0].As<Napi::Object>());
  bool own = false;  // coercion would abort in a worker that is terminated
  napi_get_value_bool(env, info[1], &own);
  auto work = [calls, job = std::move(job), own] {
    auto begun = Begin(job, own);
    calls->PostToListener([begun](Napi::Env js, Napi::Function done) {
      if (!begun.ok()) {
        done.Call({ErrorOf(js, begun.status())});
        return;
      }
      const std::vector<std::string>& points = begun.value().points;
      Napi::Array array = Napi::Array::New(js);
      for (std::uint32_t i = 0; i < points.size(); ++i) {
        array.Set(i, Napi::String::New(js, points[i]));
      }
      const auto& unopened = begun.value().own;
      const std::uint32_t number = unopened ? unopened->number() : 0;
      done.Call({js.Undefined(), array, Napi::Number::New(js, number)});
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
