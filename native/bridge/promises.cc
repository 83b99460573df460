// native/bridge/promises.cc: Python waits for what JavaScript promises.
//
// A thread of Python posts the question to JavaScript's thread and goes on; the
// answer comes to the thread of the bridge's asyncio loop, which gives it to
// the future that waits, of whichever loop that is. Nobody waits for anybody's
// thread.
#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include "bridge/promises.h"

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "bridge/errors.h"
#include "bridge/frame.h"
#include "bridge/interpreter.h"
#include "bridge/js_object.h"
#include "bridge/realm.h"
#include "bridge/service.h"
#include "bridge/tape.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

void Give(Interpreter& interpreter, std::uint32_t number, Owned value) {
  auto found = interpreter.waiting.find(number);
  if (found == interpreter.waiting.end()) return;
  Owned future = std::move(found->second.future);
  interpreter.waiting.erase(found);
  Owned error = Owned::Steal(PyErr_GetRaisedException());
  Owned done = Owned::Steal(PyObject_CallFunctionObjArgs(
      interpreter.calls.settle, future.get(), value ? value.get() : Py_None,
      error ? error.get() : Py_None, nullptr));
}

void Ask(Realm& realm, std::uint32_t index, std::uint32_t number,
         std::int32_t what) {
  std::array<napi_value, 4> argv = {};
  napi_create_int32(realm.env(), static_cast<std::int32_t>(JsOp::kPromise),
                    argv.data());
  napi_create_uint32(realm.env(), index, &argv[1]);
  napi_create_uint32(realm.env(), number, &argv[2]);
  napi_create_int32(realm.env(), what, &argv[3]);
  realm.Tell(argv.data(), argv.size());
}

// set_settle(function)
PyObject* SetSettle(PyObject*, PyObject* function) {
  Interpreter::Current().calls.settle = Py_NewRef(function);
  Py_RETURN_NONE;
}

// subscribe(proxy, what, future): `what` as lib/bridge/promises.ts has it; a
// future that is None is told nothing.
PyObject* Subscribe(PyObject*, PyObject* args) {
  PyObject* proxy = nullptr;
  PyObject* future = nullptr;
  int what = 0;
  if (PyArg_ParseTuple(args, "OiO", &proxy, &what, &future) == 0) {
    return nullptr;
  }
  Interpreter& interpreter = Interpreter::Current();
  Realm* realm = RealmOf(interpreter, proxy);
  std::uint32_t index = 0;
  if (realm == nullptr || !IndexOf(*realm, proxy, &index)) {
    PyErr_SetString(PyExc_TypeError, "expected a JsProxy");
    return nullptr;
  }
  if (realm->closed()) return RaiseClosed().release();
  const std::uint32_t number = ++interpreter.last_wait;
  if (future != Py_None) {
    interpreter.waiting[number] = {.realm = realm,
                                   .future = Owned::Borrow(future)};
  }
  // The proxy keeps the object's number good until JavaScript has seen it.
  auto kept = std::make_shared<Kept>(interpreter, Owned::Borrow(proxy));
  const bool posted =
      realm->Post([self = realm->shared_from_this(), kept, index, number,
                   what](Napi::Env) { Ask(*self, index, number, what); });
  if (posted) Py_RETURN_NONE;
  interpreter.waiting.erase(number);
  return RaiseClosed().release();
}

// moves_here(proxy): a number that changes when this thread, which is that of
// the proxy's environment, goes back to JavaScript; -1: it is another's.
PyObject* MovesHere(PyObject*, PyObject* proxy) {
  const Realm* realm = RealmOf(Interpreter::Current(), proxy);
  const bool is_here = realm != nullptr && realm->OnJsThread();
  return PyLong_FromLongLong(
      is_here ? static_cast<long long>(realm->progress.moves()) : -1);
}

}  // namespace

void FailWaiting(Realm& realm) {
  Interpreter& interpreter = realm.interpreter();
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, wait] : interpreter.waiting) {
    if (wait.realm == &realm) numbers.push_back(number);
  }
  for (const std::uint32_t number : numbers) {
    Give(interpreter, number, RaiseClosed());
  }
}

napi_value AnswerPromise(napi_env env, napi_callback_info info) {
  const Frame frame(env, info);
  auto realm = frame.realm->shared_from_this();
  const std::uint32_t number = frame.Number(0);
  const auto kind = static_cast<Kind>(frame.Integer(1));
  auto tape = std::make_shared<Tape>();
  if (!realm->Receive(frame.argv[2], tape.get())) tape->Clear();
  const std::uint64_t ticket = realm->BeginTravel();
  realm->service().OnLoop([realm, tape, number, kind, ticket] {
    Owned value = ReadResult(*realm, kind, *tape);
    realm->EndTravel(ticket);
    Give(realm->interpreter(), number, std::move(value));
  });
  return nullptr;
}

PyMethodDef* PromiseMethods() {
  static PyMethodDef methods[] = {
      {"set_settle", SetSettle, METH_O, nullptr},
      {"subscribe", Subscribe, METH_VARARGS, nullptr},
      {"moves_here", MovesHere, METH_O, nullptr},
      {nullptr, nullptr, 0, nullptr}};
  return methods;
}

}  // namespace inmem::bridge
