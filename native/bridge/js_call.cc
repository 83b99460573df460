// native/bridge/js_call.cc: calls from Python into JavaScript.
//
// JavaScript runs on its own thread alone, and never with the GIL: Python's
// other threads go on meanwhile. A thread of Python that wants it waits,
// without the GIL, until JavaScript's thread has time.
#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "bridge/async_call.h"
#include "bridge/call_scope.h"
#include "bridge/errors.h"
#include "bridge/js_allocation.h"
#include "bridge/js_object.h"
#include "bridge/js_thread.h"
#include "bridge/protocol.h"
#include "bridge/realm.h"
#include "bridge/request.h"
#include "bridge/scalars.h"
#include "bridge/tape.h"
#include "bridge/to_tape.h"
#include "bridge/traits.h"
#include "cpython/gil.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

// Arguments that cross as values; more go by tape.
constexpr std::size_t kMaxValues = 8;

}  // namespace

bool PutArguments(Realm& realm, PyObject* const* args, std::size_t count,
                  PyObject* keywords, Tape* tape) {
  TapeWriter writer(realm, tape);
  if (!writer.PutTuple(args, count)) return false;
  const Py_ssize_t names = keywords != nullptr ? PyTuple_GET_SIZE(keywords) : 0;
  tape->Put(Tag::kDict, static_cast<double>(names));
  for (Py_ssize_t i = 0; i < names; ++i) {
    if (!writer.Put(PyTuple_GET_ITEM(keywords, i)) ||
        !writer.Put(args[count + static_cast<std::size_t>(i)])) {
      return false;
    }
  }
  return true;
}

Owned Realm::Call(JsOp op, std::uint32_t index, PyObject* const* args,
                  std::size_t count, PyObject* keywords) {
  if (closed()) return RaiseClosed();
  if (refusing_.load(std::memory_order_acquire) && !OnJsThread()) {
    return RaiseClosed();
  }
  return OrMemoryError(Owned(), [&] {
    return OnJsThread() ? CallHere(op, index, args, count, keywords)
                        : CallThere(op, index, args, count, keywords);
  });
}

// False with a JavaScript exception pending. Without the GIL.
bool Realm::Dispatch(std::size_t argc, const napi_value* argv,
                     napi_value* result) {
  napi_value dispatch = nullptr;
  napi_value undefined = nullptr;
  napi_get_reference_value(env_, dispatch_, &dispatch);
  napi_get_undefined(env_, &undefined);
  return napi_call_function(env_, undefined, dispatch, argc, argv, result) ==
         napi_ok;
}

Owned Realm::CallHere(JsOp op, std::uint32_t index, PyObject* const* args,
                      std::size_t count, PyObject* keywords) {
  // Functions that are called while this scope is open have scopes inside it.
  const Innermost none(call_scope, nullptr);
  const Napi::HandleScope scope(env_);
  std::array<napi_value, kMaxValues + 2> argv = {};
  std::size_t argc = 2;
  napi_create_int32(env_, static_cast<std::int32_t>(op), argv.data());
  napi_create_uint32(env_, index, &argv[1]);
  std::uint32_t handles = 0;
  std::uint32_t objects = 0;
  bool by_tape = count > kMaxValues || keywords != nullptr;
  for (std::size_t i = 0; i < count && !by_tape; ++i) {
    by_tape = CrossesByTape(args[i]);
  }
  if (by_tape) {
    Tape tape;
    if (!PutArguments(*this, args, count, keywords, &tape)) return {};
    argv[argc++] = Deliver(tape);
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      napi_value value = ScalarToJs(env_, args[i]);
      std::uint32_t number = 0;
      if (value == nullptr && IndexOf(*this, args[i], &number)) {
        objects |= 1u << i;
      } else if (value == nullptr) {
        number = handles_.Send(args[i]);
        ArgTraits(i) = static_cast<std::int32_t>(TraitsOf(args[i]));
        handles |= 1u << i;
      }
      if (value == nullptr) napi_create_uint32(env_, number, &value);
      argv[argc++] = value;
    }
    SetKind(Kind::kValue);
    Reg(Register::kHandles) = static_cast<std::int32_t>(handles);
    Reg(Register::kObjects) = static_cast<std::int32_t>(objects);
  }
  napi_value result = nullptr;
  bool called = false;
  {
    cpython::GilRelease release;
    called = Dispatch(argc, argv.data(), &result);
  }
  if (!called) return RaisePending(*this);
  return ResultOf(result);
}

// The function itself, held until its proxy goes. JavaScript's thread.
bool Realm::Refer(JsFunction& function) {
  std::array<napi_value, 2> argv = {};
  napi_value value = nullptr;
  napi_create_int32(env_, static_cast<std::int32_t>(JsOp::kFunction),
                    argv.data());
  napi_create_uint32(env_, function.index, &argv[1]);
  return Dispatch(argv.size(), argv.data(), &value) &&
         napi_create_reference(env_, value, 1, &function.reference) == napi_ok;
}

Owned Realm::CallFunction(JsFunction& function, PyObject* const* args,
                          std::size_t count, PyObject* keywords) {
  const auto by_dispatch = [&] {
    return Call(JsOp::kCall, function.index, args, count, keywords);
  };
  if (closed() || keywords != nullptr || count > kMaxValues || !OnJsThread() ||
      !std::exchange(function.called, true)) {
    return by_dispatch();
  }
  if (call_scope == nullptr) {
    CallScope own(env_);
    const Innermost innermost(call_scope, &own);
    return CallFunction(function, args, count, nullptr);
  }
  call_scope->Next();
  if (function.reference == nullptr && !Refer(function)) {
    return RaisePending(*this);
  }
  std::array<napi_value, kMaxValues> argv = {};
  for (std::size_t i = 0; i < count; ++i) {
    argv[i] = ScalarToJs(env_, args[i]);
    if (argv[i] == nullptr) return by_dispatch();
  }
  napi_value callee = nullptr;
  napi_value undefined = nullptr;
  napi_value result = nullptr;
  napi_get_reference_value(env_, function.reference, &callee);
  napi_get_undefined(env_, &undefined);
  napi_status status = napi_ok;
  {
    cpython::GilRelease release;
    status = napi_call_function(env_, undefined, callee, count, argv.data(),
                                &result);
  }
  if (status == napi_ok) {
    Owned scalar = ScalarToPython(env_, result);
    if (scalar || PyErr_Occurred() != nullptr) return scalar;
    return ResultBy(JsOp::kGive, result);
  }
  if (status == napi_pending_exception &&
      napi_get_and_clear_last_exception(env_, &result) == napi_ok) {
    return ResultBy(JsOp::kThrow, result);
  }
  return RaisePending(*this);
}

// What JavaScript's side makes of a value that is no scalar.
Owned Realm::ResultBy(JsOp op, napi_value value) {
  std::array<napi_value, 3> argv = {};
  napi_create_int32(env_, static_cast<std::int32_t>(op), argv.data());
  napi_create_uint32(env_, 0, &argv[1]);
  argv[2] = value;
  napi_value result = nullptr;
  bool called = false;
  {
    cpython::GilRelease release;
    called = Dispatch(argv.size(), argv.data(), &result);
  }
  return called ? ResultOf(result) : RaisePending(*this);
}

Owned Realm::ResultOf(napi_value value) {
  const Kind what = kind();
  if (what == Kind::kValue) {
    Owned scalar = ScalarToPython(env_, value);
    if (!scalar && PyErr_Occurred() == nullptr) {
      PyErr_SetString(PyExc_SystemError, "JavaScript gave no scalar");
    }
    return scalar;
  }
  return OrMemoryError(Owned(), [&] {
    Tape tape;
    if (PutResult(value, &tape)) return ReadResult(*this, what, tape);
    PyErr_SetString(PyExc_SystemError, "JavaScript gave no result");
    return Owned();
  });
}

// What `dispatch` gave, for a reader with the GIL. Without it.
bool Realm::PutResult(napi_value value, Tape* tape) {
  std::uint32_t number = 0;
  switch (kind()) {
    case Kind::kTape:
      return Receive(value, tape);
    case Kind::kValue:
      return PutScalar(env_, value, tape);
    case Kind::kHandle:
    case Kind::kError:
      napi_get_value_uint32(env_, value, &number);
      tape->Put(Tag::kHandle, number);
      return true;
    case Kind::kObject:
    case Kind::kThrown:
      napi_get_value_uint32(env_, value, &number);
      tape->Put(Tag::kObject, number);
      tape->words.push_back(Reg(Register::kTraits));
      return true;
  }
  return false;
}

// On JavaScript's thread, from its event loop.
void Realm::Serve(Request& request) {
  const Napi::HandleScope scope(env_);
  {
    std::lock_guard lock(request.mutex);
    // Its arguments must come to JavaScript all the same: they are counted.
    if (request.given_up) request.op = JsOp::kDrop;
  }
  std::array<napi_value, 5> argv = {};
  const bool within = request.call != 0 && request.op != JsOp::kDrop;
  napi_create_int32(
      env_, static_cast<std::int32_t>(within ? JsOp::kWithin : request.op),
      argv.data());
  napi_create_uint32(env_, request.index, &argv[1]);
  argv[2] = Deliver(request.tape);
  napi_create_uint32(env_, request.call, &argv[3]);
  napi_create_int32(env_, static_cast<std::int32_t>(request.op), &argv[4]);
  napi_value result = nullptr;
  const bool called = Dispatch(within ? 5 : 3, argv.data(), &result);
  request.tape.Clear();
  request.no_memory = !MemoryLasts(
      [&] { request.served = called && PutResult(result, &request.tape); });
  request.kind = kind();
  if (!called) {
    napi_value ignored = nullptr;
    napi_get_and_clear_last_exception(env_, &ignored);
  }
}

// The call is over, or never comes: tells who waits. What nobody waits for any
// more is read and dropped: objects in it are counted.
void Realm::Finish(Request& request) {
  bool given_up = false;
  {
    std::lock_guard lock(request.mutex);
    request.done = true;
    given_up = request.given_up;
    request.changed.notify_all();
  }
  if (!given_up) return;
  if (request.served && !closed() && OnJsThread()) {
    Entry entry(*this);
    ReadResult(*this, request.kind, request.tape);
    PyErr_Clear();
  }
  EndTravel(request.ticket);
}

namespace {

// The calling thread, if it is one of JavaScript's, waits for another one as
// long as this lives.
class WaitsForThread {
 public:
  explicit WaitsForThread(const ThreadProgress& other)
      : thread_(JsThread::Find()) {
    if (thread_ != nullptr) before_ = thread_->progress.WaitFor(&other);
  }
  ~WaitsForThread() {
    if (thread_ != nullptr) thread_->progress.WaitFor(before_);
  }
  WaitsForThread(const WaitsForThread&) = delete;
  WaitsForThread& operator=(const WaitsForThread&) = delete;

 private:
  const std::shared_ptr<JsThread> thread_;
  // A signal handler of Python's may have one of its own.
  const ThreadProgress* before_ = nullptr;
};

}  // namespace

// Waits until the request is done, without the GIL; now and then with it, for
// interrupts. False with a Python exception: it was given up.
bool Realm::Wait(Request& request) {
  constexpr std::chrono::milliseconds kLook(10);
  constexpr int kLooks = 10;  // between two takings of the GIL
  constexpr std::chrono::milliseconds kLongForGil(50);
  const WaitsForThread waits(progress);
  BlockedWatch watch(progress);
  std::chrono::steady_clock::time_point back;
  for (;;) {
    {
      cpython::GilRelease release;
      std::unique_lock lock(request.mutex);
      for (int i = 0; i < kLooks && !request.done; ++i) {
        request.changed.wait_for(lock, kLook, [&] { return request.done; });
        if (!request.done) watch.Look();
      }
      if (request.done) return true;
      back = std::chrono::steady_clock::now();
    }
    if (std::chrono::steady_clock::now() - back > kLongForGil) watch.Forget();
    if (refusing_.load(std::memory_order_acquire)) RaiseClosed();
    if (PyErr_Occurred() == nullptr && PyErr_CheckSignals() == 0) {
      if (!watch.blocked()) continue;
      RaiseDeadlock();
    }
    std::lock_guard lock(request.mutex);
    request.given_up = !request.done;
    if (request.given_up) return false;
    PyErr_Clear();  // it came just now
    return true;
  }
}

Owned Realm::CallThere(JsOp op, std::uint32_t index, PyObject* const* args,
                       std::size_t count, PyObject* keywords) {
  auto request = std::make_shared<Request>();
  request->op = op;
  request->index = index;
  request->call = CurrentCall(*this);
  if (!PutArguments(*this, args, count, keywords, &request->tape)) return {};
  request->ticket = BeginTravel();
  // Dropped without a call where the environment ends: the guard still tells.
  struct Guard {
    std::shared_ptr<Realm> realm;
    std::shared_ptr<Request> request;
    ~Guard() { realm->Finish(*request); }
  };
  std::shared_ptr<Guard> guard(new Guard{shared_from_this(), request});
  {
    cpython::GilRelease release;
    if (!Post([guard](Napi::Env) { guard->realm->Serve(*guard->request); })) {
      std::lock_guard lock(request->mutex);
      request->done = true;
    }
    guard.reset();
  }
  if (!Wait(*request)) return {};
  if (request->no_memory) PyErr_NoMemory();
  Owned result;
  if (request->served) {
    result = ReadResult(*this, request->kind, request->tape);
  } else if (!request->no_memory) {
    RaiseClosed();
  }
  EndTravel(request->ticket);
  return result;
}

}  // namespace inmem::bridge
