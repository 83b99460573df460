// native/bridge/async_call.h: calls that JavaScript does not wait for on its
// thread.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include <cstdint>
#include <memory>

#include "bridge/limit.h"
#include "bridge/realm.h"
#include "bridge/tape.h"
#include "cpython/owned.h"

namespace inmem::bridge {

// What an answer is, to lib/bridge/async.ts.
enum class Answer : std::int32_t {
  kValue = 0,  // the value on the tape
  kError = 1,  // a tuple: the exception, and what _bridge.describe() says of it
  kThrown = 2,   // a JavaScript error, on the tape
  kOverdue = 3,  // nothing: it was to end, and has not
  kAsItIs = 4,   // the same as kValue: an object that is not awaited once more
};

// One call whose answer is to come. It is shared by who works on it and by the
// capsule that Python's part of the bridge knows it by. No object of Python
// lives in it: whoever is last lets it go, with the GIL or without.
class AsyncCall : public std::enable_shared_from_this<AsyncCall> {
 public:
  // JavaScript's thread. `number` is JavaScript's own for it.
  AsyncCall(Realm& realm, std::uint32_t number, std::uint32_t callee);
  ~AsyncCall();
  AsyncCall(const AsyncCall&) = delete;
  AsyncCall& operator=(const AsyncCall&) = delete;

  // The arguments; they wait here until a thread reads them.
  Tape tape;

  // Body on a worker's thread: calls. GIL.
  void Run();
  // Body on the loop's thread: awaits the object. GIL.
  void Await();

  // The answer goes to JavaScript; only the first does. GIL.
  void Settle(PyObject* value);
  // The same with the Python exception that is raised.
  void Fail();
  // asyncio's task for it. GIL.
  void SetTask(PyObject* task) { limit_->SetTask(task); }

  // Who may end it. JavaScript's thread, before it is given away.
  const std::shared_ptr<Limit>& MakeLimit();

 private:
  cpython::Owned Call();
  // A context of contextvars for this call alone, entered: what one call sets
  // another never sees. Null with a Python exception.
  cpython::Owned EnterContext() const;
  // `context` is what the task runs in.
  void Adopt(cpython::Owned awaitable, cpython::Owned context);
  // `keep` is what the tape tells of: a JavaScript object in it must not be let
  // go by Python before JavaScript has read its number.
  void Post(Answer answer, cpython::Owned keep);

  bool IsSettled();
  void FailEnded();
  // Without the GIL: the answer that comes in the end is then for nobody.
  void TellOverdue();

  std::shared_ptr<Realm> realm_;
  std::shared_ptr<Limit> limit_;
  const std::uint32_t number_;
  const std::uint32_t callee_;
  std::uint64_t ticket_ = 0;

  bool settled_ = false;  // an answer is on its way; GIL
  bool begun_ = false;    // the arguments have been read; GIL
};

// The number of the call of this realm that the running code works for: it has
// crossed with the context of contextvars, into tasks as well. 0: none. GIL.
std::uint32_t CurrentCall(Realm& realm);

// Functions of JavaScript's bridge, beside those of operations.cc.
napi_value CallAsync(napi_env env, napi_callback_info info);
napi_value AwaitAsync(napi_env env, napi_callback_info info);

// Functions of `_inmem_bridge` for python/inmem/_bridge_async.py.
PyMethodDef* AsyncMethods();

}  // namespace inmem::bridge
