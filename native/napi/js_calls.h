// native/napi/js_calls.h: the one way to call JavaScript from another thread.
#pragma once

#include "napi/napi_setup.h"

#include <functional>
#include <memory>

namespace inmem::napi {

// A queue of calls onto one environment's JavaScript thread, in order. While it
// lives it keeps the event loop alive, unless told otherwise. After the
// environment has ended, or Release(), posts are dropped. Threads: Post and
// Release on any; never blocks. Ownership: keep it in a shared_ptr; the calls
// hold what they capture until they have run.
class JsCalls {
 public:
  using Call = std::function<void(Napi::Env)>;
  using ListenerCall = std::function<void(Napi::Env, Napi::Function)>;

  // `on_end` is called, on the environment's thread, when that ends before
  // Release(). The queue keeps `listener`, if there is one: a reference of
  // one's own would die on the thread that lets go last, and with Node-API's
  // references that is the environment's alone. REQUIRES: the environment's
  // thread. Null with a JS exception pending where Node refuses.
  static std::shared_ptr<JsCalls> Make(Napi::Env env, const char* name,
                                       std::function<void()> on_end,
                                       Napi::Function listener = {});

  ~JsCalls();
  JsCalls(const JsCalls&) = delete;
  JsCalls& operator=(const JsCalls&) = delete;

  // False: the environment is gone and the call never runs.
  bool Post(Call call);
  // The same, with the listener that Make() got.
  bool PostToListener(ListenerCall call);
  void Release();

  // Whether the queue keeps the event loop alive; at first it does. REQUIRES:
  // the environment's thread.
  void Hold(Napi::Env env, bool hold);

 private:
  struct Shared;
  struct Boxed;
  explicit JsCalls(std::shared_ptr<Shared> shared);
  static void RunCall(napi_env env, napi_value listener, void*, void* data);
  bool Enqueue(std::unique_ptr<Boxed> boxed);
  std::shared_ptr<Shared> shared_;
};

}  // namespace inmem::napi
