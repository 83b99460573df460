// native/napi/js_calls.cc: the one way to call JavaScript from another thread.
#include "napi/napi_setup.h"

#include "napi/js_calls.h"

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace inmem::napi {

// The function handle is closed by Node when the environment ends, under our
// feet: the mutex makes "still open" and the use of it one step.
struct JsCalls::Shared {
  std::mutex mutex;
  napi_threadsafe_function function = nullptr;
  std::function<void()> on_end;
};

// One of them is set.
struct JsCalls::Boxed {
  Call call;
  ListenerCall to_listener;
};

void JsCalls::RunCall(napi_env env, napi_value listener, void*, void* data) {
  std::unique_ptr<Boxed> boxed(static_cast<Boxed*>(data));
  if (env == nullptr) return;  // the environment is ending
  Napi::Env js(env);
  Napi::HandleScope scope(js);
  if (boxed->call) {
    boxed->call(js);
  } else {
    boxed->to_listener(js, Napi::Function(env, listener));
  }
  // A listener of ours threw: that is the program's uncaught exception. In an
  // environment that is ending there is none to take.
  bool pending = false;
  napi_value exception = nullptr;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &exception) == napi_ok) {
    napi_fatal_exception(env, exception);
  }
}

JsCalls::JsCalls(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

JsCalls::~JsCalls() { Release(); }

std::shared_ptr<JsCalls> JsCalls::Make(Napi::Env env, const char* name,
                                       std::function<void()> on_end,
                                       Napi::Function listener) {
  auto shared = std::make_shared<Shared>();
  shared->on_end = std::move(on_end);
  auto* held = new std::shared_ptr<Shared>(shared);
  auto finalize = [](napi_env, void* data, void*) {
    std::unique_ptr<std::shared_ptr<Shared>> state(
        static_cast<std::shared_ptr<Shared>*>(data));
    std::unique_lock lock((*state)->mutex);
    bool early = std::exchange((*state)->function, nullptr) != nullptr;
    lock.unlock();
    if (early) (*state)->on_end();
  };
  napi_threadsafe_function function = nullptr;
  napi_status status = napi_create_threadsafe_function(
      env, listener, nullptr, Napi::String::New(env, name), 0, 1, held,
      finalize, nullptr, RunCall, &function);
  if (status != napi_ok) {
    delete held;
    Napi::Error::New(env, "Node refused a thread-safe function")
        .ThrowAsJavaScriptException();
    return nullptr;
  }
  shared->function = function;
  return std::shared_ptr<JsCalls>(new JsCalls(std::move(shared)));
}

bool JsCalls::Post(Call call) {
  return Enqueue(std::make_unique<Boxed>(Boxed{std::move(call), nullptr}));
}

bool JsCalls::PostToListener(ListenerCall call) {
  return Enqueue(std::make_unique<Boxed>(Boxed{nullptr, std::move(call)}));
}

bool JsCalls::Enqueue(std::unique_ptr<Boxed> boxed) {
  std::lock_guard lock(shared_->mutex);
  if (shared_->function == nullptr) return false;
  Boxed* queued = boxed.release();  // RunCall's, once it is queued
  if (napi_call_threadsafe_function(shared_->function, queued,
                                    napi_tsfn_nonblocking) != napi_ok) {
    delete queued;
    return false;
  }
  return true;
}

void JsCalls::Release() {
  std::lock_guard lock(shared_->mutex);
  if (shared_->function == nullptr) return;
  napi_release_threadsafe_function(shared_->function, napi_tsfn_release);
  shared_->function = nullptr;
}

void JsCalls::Hold(Napi::Env env, bool hold) {
  std::lock_guard lock(shared_->mutex);
  if (shared_->function == nullptr) return;
  if (hold) {
    napi_ref_threadsafe_function(env, shared_->function);
  } else {
    napi_unref_threadsafe_function(env, shared_->function);
  }
}

}  // namespace inmem::napi
