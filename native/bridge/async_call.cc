// native/bridge/async_call.cc: calls that JavaScript does not wait for on its
// thread.
//
// JavaScript's thread writes the arguments on a tape, without the GIL; a worker
// of Service reads them, calls, and writes the answer on a tape, which
// JavaScript's thread reads when it comes by. What can be awaited goes on to
// the thread of asyncio's loop first.
#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include "bridge/async_call.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "bridge/errors.h"
#include "bridge/frame.h"
#include "bridge/from_tape.h"
#include "bridge/interpreter.h"
#include "bridge/js_object.h"
#include "bridge/limit.h"
#include "bridge/realm.h"
#include "bridge/service.h"
#include "bridge/to_tape.h"
#include "bridge/traits.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

constexpr const char* kCapsule = "inmem.call";

bool CanBeAwaited(Realm& realm, PyObject* object) {
  const PyAsyncMethods* async = Py_TYPE(object)->tp_as_async;
  const bool may = (async != nullptr && async->am_await != nullptr) ||
                   PyGen_CheckExact(object);
  // A Promise of JavaScript's own is awaited there.
  std::uint32_t index = 0;
  return may && (TraitsOf(object) & kPyAwaitable) != 0 &&
         !IndexOf(realm, object, &index);
}

// What has `__await__` besides all else that it is: a pool of connections gives
// itself. A coroutine or a future is nothing but what it gives. GIL.
bool IsMoreThanPromise(Realm& realm, PyObject* object) {
  if (!CanBeAwaited(realm, object) || PyCoro_CheckExact(object) != 0 ||
      PyGen_CheckExact(object)) {
    return false;
  }
  // As asyncio.isfuture() tells.
  Owned name =
      Owned::Steal(PyUnicode_InternFromString("_asyncio_future_blocking"));
  const bool is_future =
      name && _PyType_Lookup(Py_TYPE(object), name.get()) != nullptr;
  PyErr_Clear();
  return !is_future;
}

bool HasObjects(const Tape& tape) {
  for (const std::uint8_t tag : tape.tags) {
    if (tag == static_cast<std::uint8_t>(Tag::kObject)) return true;
  }
  return false;
}

// Kept; null with a Python exception.
PyObject* CallVariable(Interpreter& interpreter) {
  PyObject*& variable = interpreter.calls.variable;
  if (variable == nullptr) variable = PyContextVar_New("inmem.call", nullptr);
  return variable;
}

std::uint64_t NumberInContext(const Realm& realm, std::uint32_t number) {
  return static_cast<std::uint64_t>(realm.id()) << 32 | number;
}

// A coroutine is told, and does not warn of it.
void NeverRuns(PyObject* awaitable) {
  if (PyCoro_CheckExact(awaitable) == 0) return;
  Owned closed = Owned::Steal(PyObject_CallMethod(awaitable, "close", nullptr));
  PyErr_Clear();
}

// What `place` keeps, from its first use on. Null with a Python exception.
PyObject* Function(PyObject*& place, const char* module, const char* name) {
  if (place != nullptr) return place;
  Owned imported = Owned::Steal(PyImport_ImportModule(module));
  if (imported) place = PyObject_GetAttrString(imported.get(), name);
  return place;
}

}  // namespace

AsyncCall::AsyncCall(Realm& realm, std::uint32_t number, std::uint32_t callee)
    : realm_(realm.shared_from_this()), number_(number), callee_(callee) {
  ticket_ = realm.BeginTravel();
  realm.HoldLoop();
}

// It may end before anybody has it, and while anybody has: so it holds no call.
const std::shared_ptr<Limit>& AsyncCall::MakeLimit() {
  limit_ = std::make_shared<Limit>(realm_->interpreter());
  std::weak_ptr<AsyncCall> weak = weak_from_this();
  limit_->when_waiting = [weak] {
    if (auto call = weak.lock()) call->FailEnded();
  };
  limit_->when_overdue = [weak] {
    if (auto call = weak.lock()) call->TellOverdue();
  };
  return limit_;
}

// It had not begun.
void AsyncCall::FailEnded() {
  const End why = limit_->why();
  PyErr_SetNone(ExceptionOf(why != End::kNone ? why : End::kClosed));
  Fail();
}

void AsyncCall::TellOverdue() {
  const std::int32_t answer = static_cast<std::int32_t>(Answer::kOverdue) |
                              static_cast<std::int32_t>(limit_->why()) << 8;
  realm_->Post([realm = realm_, number = number_, answer](Napi::Env) {
    Tape nothing;
    nothing.Put(Tag::kNone);
    realm->Settle(number, answer, nothing);
  });
}

AsyncCall::~AsyncCall() {
  if (limit_) limit_->Abandon();
  realm_->EndTravel(ticket_);
}

Owned AsyncCall::Call() {
  begun_ = true;
  TapeReader reader(*realm_, tape);
  Owned callee = Held(*realm_, callee_);
  std::vector<Owned> items;
  if (!callee || !reader.NextItems(&items)) return {};
  Owned keywords = reader.NextKeywords();
  if (!keywords) return {};
  // The numbers on the tape have become objects: JavaScript may let them go.
  realm_->EndTravel(std::exchange(ticket_, 0));
  tape.Clear();
  std::vector<PyObject*> args = {nullptr};
  for (const Owned& item : items) args.push_back(item.get());
  return Owned::Steal(PyObject_VectorcallDict(
      callee.get(), args.data() + 1,
      items.size() | PY_VECTORCALL_ARGUMENTS_OFFSET,
      PyDict_GET_SIZE(keywords.get()) == 0 ? nullptr : keywords.get()));
}

void AsyncCall::Run() {
  if (realm_->closed() || settled_) return;
  Owned context = EnterContext();
  if (!context) return Fail();
  if (!limit_->Enter()) {
    PyContext_Exit(context.get());
    return FailEnded();
  }
  Owned result = Call();
  Owned raised = Owned::Steal(PyErr_GetRaisedException());
  realm_->service().ServePosted();
  limit_->Leave();
  PyContext_Exit(context.get());
  if (!result) {
    PyErr_SetRaisedException(raised.release());
    return Fail();
  }
  if (!CanBeAwaited(*realm_, result.get())) return Settle(result.get());
  auto both = std::make_shared<std::pair<Owned, Owned>>(std::move(result),
                                                        std::move(context));
  realm_->service().OnLoop([self = shared_from_this(), both] {
    self->Adopt(std::move(both->first), std::move(both->second));
  });
}

void AsyncCall::Await() {
  if (realm_->closed()) return;
  Owned awaitable = Held(*realm_, callee_);
  if (!awaitable) return Fail();
  realm_->EndTravel(std::exchange(ticket_, 0));
  Owned context = EnterContext();
  if (!context) return Fail();
  PyContext_Exit(context.get());
  Adopt(std::move(awaitable), std::move(context));
}

Owned AsyncCall::EnterContext() const {
  PyObject* variable = CallVariable(realm_->interpreter());
  Owned context = Owned::Steal(PyContext_New());
  if (variable == nullptr || !context || PyContext_Enter(context.get()) != 0) {
    return {};
  }
  Owned number = Owned::Steal(
      PyLong_FromUnsignedLongLong(NumberInContext(*realm_, number_)));
  Owned token =
      Owned::Steal(number ? PyContextVar_Set(variable, number.get()) : nullptr);
  if (token) return context;
  PyContext_Exit(context.get());
  return {};
}

std::uint32_t CurrentCall(Realm& realm) {
  PyObject* value = nullptr;
  PyObject* variable = CallVariable(realm.interpreter());
  if (variable == nullptr || PyContextVar_Get(variable, nullptr, &value) != 0 ||
      value == nullptr) {
    PyErr_Clear();
    return 0;
  }
  const std::uint64_t number = PyLong_AsUnsignedLongLong(value);
  Py_DECREF(value);
  return number == NumberInContext(realm, static_cast<std::uint32_t>(number))
             ? static_cast<std::uint32_t>(number)
             : 0;
}

// python/inmem/_bridge_async.py makes a task of it.
void AsyncCall::Adopt(Owned awaitable, Owned context) {
  if (settled_ || realm_->closed()) return NeverRuns(awaitable.get());
  auto destroy = [](PyObject* capsule) {
    delete static_cast<std::shared_ptr<AsyncCall>*>(
        PyCapsule_GetPointer(capsule, kCapsule));
  };
  Owned capsule = Owned::Steal(PyCapsule_New(
      new std::shared_ptr<AsyncCall>(shared_from_this()), kCapsule, destroy));
  PyObject* adopt = Function(realm_->interpreter().calls.adopt,
                             "inmem._bridge_async", "adopt");
  if (!capsule || adopt == nullptr) return Fail();
  // Its first step is made at once: that may be all that it ever does.
  if (!limit_->Enter()) {
    NeverRuns(awaitable.get());
    return FailEnded();
  }
  Owned done = Owned::Steal(PyObject_CallFunctionObjArgs(
      adopt, awaitable.get(), capsule.get(), context.get(), nullptr));
  limit_->Leave();
  if (!done) Fail();
}

// True: nobody waits for an answer, or has had it.
bool AsyncCall::IsSettled() {
  if (std::exchange(settled_, true)) return true;
  if (!realm_->closed()) return false;
  limit_->Finish();
  return true;
}

void AsyncCall::Settle(PyObject* value) {
  if (IsSettled()) return;
  tape.Clear();
  if (TapeWriter(*realm_, &tape).Put(value)) {
    const bool stays = IsMoreThanPromise(*realm_, value);
    return Post(stays ? Answer::kAsItIs : Answer::kValue, Owned::Borrow(value));
  }
  settled_ = false;
  Fail();
}

void AsyncCall::Fail() {
  Owned error = Owned::Steal(PyErr_GetRaisedException());
  if (IsSettled()) return;
  if (!std::exchange(begun_, true)) realm_->TakeBack(tape, 0);
  tape.Clear();
  if (!error) {
    PyErr_SetString(PyExc_SystemError, "an error without an exception");
    error = Owned::Steal(PyErr_GetRaisedException());
  }
  Owned thrown = ThrownBehind(*realm_, error.get());
  if (thrown && PutJsObject(*realm_, thrown.get(), &tape)) {
    return Post(Answer::kThrown, std::move(thrown));
  }
  PyObject* describe = Function(realm_->interpreter().errors.describe,
                                "inmem._bridge", "describe");
  Owned told = Owned::Steal(describe != nullptr
                                ? PyObject_CallOneArg(describe, error.get())
                                : nullptr);
  TapeWriter writer(*realm_, &tape);
  writer.PutHandle(error.get());
  if (!told || !writer.Put(told.get())) {
    PyErr_Clear();
    tape.Clear();
    TapeWriter(*realm_, &tape).PutHandle(error.get());
    tape.Put(Tag::kNone);
  }
  Post(Answer::kError, std::move(error));
}

void AsyncCall::Post(Answer answer, Owned keep) {
  limit_->Finish();
  const std::int32_t told = static_cast<std::int32_t>(answer) |
                            static_cast<std::int32_t>(limit_->why()) << 8;
  std::shared_ptr<Kept> kept;
  if (HasObjects(tape)) {
    kept = std::make_shared<Kept>(realm_->interpreter(), std::move(keep));
  }
  realm_->Post([self = shared_from_this(), kept, told](Napi::Env) {
    self->realm_->Settle(self->number_, told, self->tape);
  });
}

// callAsync(handle, number, extras, milliseconds or -1)
napi_value CallAsync(napi_env env, napi_callback_info info) {
  const Frame frame(env, info);
  Realm& realm = *frame.realm;
  auto call =
      std::make_shared<AsyncCall>(realm, frame.Number(1), frame.Number(0));
  // A tape that is not ours is told as malformed, by the answer.
  if (!realm.Receive(frame.argv[2], &call->tape)) call->tape.Clear();
  realm.AddLimit(frame.Number(1), call->MakeLimit(), frame.Double(3, -1));
  realm.service().OnWorker([call = std::move(call)] { call->Run(); });
  return nullptr;
}

// awaitAsync(handle, number, milliseconds or -1)
napi_value AwaitAsync(napi_env env, napi_callback_info info) {
  const Frame frame(env, info);
  auto call = std::make_shared<AsyncCall>(*frame.realm, frame.Number(1),
                                          frame.Number(0));
  frame.realm->AddLimit(frame.Number(1), call->MakeLimit(),
                        frame.Double(2, -1));
  frame.realm->service().OnLoop([call = std::move(call)] { call->Await(); });
  return nullptr;
}

// --- for python/inmem/_bridge_async.py ---------------------------------------

namespace {

AsyncCall* CallOf(PyObject* capsule) {
  auto* call = static_cast<std::shared_ptr<AsyncCall>*>(
      PyCapsule_GetPointer(capsule, kCapsule));
  return call != nullptr ? call->get() : nullptr;
}

// settle(call, value)
PyObject* SettleCall(PyObject*, PyObject* args) {
  PyObject* capsule = nullptr;
  PyObject* value = nullptr;
  if (PyArg_ParseTuple(args, "OO", &capsule, &value) == 0) return nullptr;
  AsyncCall* call = CallOf(capsule);
  if (call == nullptr) return nullptr;
  call->Settle(value);
  Py_RETURN_NONE;
}

// set_task(call, task)
PyObject* SetTask(PyObject*, PyObject* args) {
  PyObject* capsule = nullptr;
  PyObject* task = nullptr;
  if (PyArg_ParseTuple(args, "OO", &capsule, &task) == 0) return nullptr;
  AsyncCall* call = CallOf(capsule);
  if (call == nullptr) return nullptr;
  call->SetTask(task);
  Py_RETURN_NONE;
}

// fail(call, exception)
PyObject* FailCall(PyObject*, PyObject* args) {
  PyObject* capsule = nullptr;
  PyObject* exception = nullptr;
  if (PyArg_ParseTuple(args, "OO", &capsule, &exception) == 0) return nullptr;
  AsyncCall* call = CallOf(capsule);
  if (call == nullptr) return nullptr;
  PyErr_SetRaisedException(Py_NewRef(exception));
  call->Fail();
  Py_RETURN_NONE;
}

}  // namespace

PyMethodDef* AsyncMethods() {
  static PyMethodDef methods[] = {{"settle", SettleCall, METH_VARARGS, nullptr},
                                  {"fail", FailCall, METH_VARARGS, nullptr},
                                  {"set_task", SetTask, METH_VARARGS, nullptr},
                                  {nullptr, nullptr, 0, nullptr}};
  return methods;
}

}  // namespace inmem::bridge
