// native/bridge/interpreter.h: what the bridge has in one interpreter of
// Python's.
#pragma once

#include "cpython/python_setup.h"

#include <datetime.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/status.h"
#include "bridge/gil_runner.h"
#include "bridge/service.h"
#include "cpython/owned.h"

namespace inmem::bridge {

class Realm;

// The main interpreter has one, and so has each that start() made for itself:
// objects of one are nothing to another, which may run at the same time.
// Reached from a realm, or, on a thread of Python's, by Current().
class Interpreter : public std::enable_shared_from_this<Interpreter> {
 public:
  // Never destroyed. REQUIRES: Python has started.
  static Interpreter& Main();
  // A new one with a GIL of its own, on the calling thread, which has no GIL;
  // `set_up` is called with the new one's. Errors: kInterpreter; those of
  // `set_up`.
  static Result<std::shared_ptr<Interpreter>> Make(
      const std::function<Status()>& set_up);
  // One that Make() gave, by its number.
  static std::shared_ptr<Interpreter> Numbered(std::uint32_t number);
  // That of the calling thread. REQUIRES: the GIL, in one that has a bridge.
  static Interpreter& Current();
  // The same; null where it has none: Python code makes interpreters, too.
  static Interpreter* Find();

  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // 0: the main one.
  std::uint32_t number() const { return number_; }
  bool is_main() const { return number_ == 0; }
  PyInterpreterState* state() const { return state_; }
  // The calling thread has its GIL. False once it has ended.
  bool IsHeld() const;

  // True for the first who asks: it is his to use, and to end. Any thread.
  bool Claim() { return !claimed_.exchange(true); }

  // Code that catches all: raises in the calling thread, whose state it is,
  // where its interpreter has waited long enough. GIL.
  static bool Insist(PyThreadState* state);

  // Makes a thread that ends one that Make() gave, once it is told to by
  // calling what is given back: tells its threads to end, waits for them, and
  // lets the interpreter go; then calls `done`, without a GIL. Null: there is
  // no thread to be had. REQUIRES of that call: no realm uses the interpreter,
  // and nobody else has ended it.
  std::function<void()> PrepareEnd(std::function<void()> done);
  // At once, and nobody waits; it stays where there is no thread.
  void End();

  Service& service() { return service_; }
  // Does things with its GIL, on a thread of their own.
  GilRunner& runner() { return runner_; }

  // --- what python/inmem has given; GIL. Null: not yet ----------------------
  struct {
    PyObject* proxy = nullptr;     // inmem.ffi.JsProxy
    PyObject* callable = nullptr;  // JsCallable
    PyObject* memory = nullptr;    // JsMemory
    PyObject* big_int = nullptr;   // inmem.ffi.JsBigInt
    PyObject* choose = nullptr;    // traits -> the type of such objects
    std::unordered_map<std::uint32_t, PyObject*> by_traits;
  } types;
  // For a member that JavaScript does not have.
  PyObject* missing = nullptr;
  struct {
    PyObject* type = nullptr;            // JsException
    PyObject* make = nullptr;            // (proxy of an error) -> exception
    PyObject* describe = nullptr;        // of inmem._bridge
    std::array<PyObject*, 5> ends = {};  // by End
  } errors;
  struct {
    PyObject* variable = nullptr;  // of contextvars: the call that runs
    PyObject* adopt = nullptr;     // of inmem._bridge_async
    PyObject* end_task = nullptr;
    PyObject* settle = nullptr;  // (future, value, exception or None)
  } calls;
  PyObject* plain = nullptr;  // what toJs() copies of what is no container
  PyDateTime_CAPI* datetime = nullptr;

  // Futures by number, until a Promise answers.
  struct Wait {
    const Realm* realm;
    cpython::Owned future;
  };
  std::unordered_map<std::uint32_t, Wait> waiting;
  std::uint32_t last_wait = 0;

 private:
  Interpreter(PyInterpreterState* state, std::uint32_t number);
  void EndHere();
  bool EndThreads();
  bool TellThreads(bool raise);
  void Forget();

  PyInterpreterState* const state_;
  const std::uint32_t number_;
  std::atomic<bool> claimed_{false};
  std::atomic<bool> insists_{false};
  std::atomic<bool> ended_{false};
  static inline std::atomic<int> insisting{0};  // how many do
  Service service_;
  GilRunner runner_;
};

// Holds an object, and lets it go from any thread, without the GIL.
class Kept {
 public:
  Kept(Interpreter& interpreter, cpython::Owned owned)
      : interpreter_(interpreter.shared_from_this()),
        object_(owned.release()) {}
  ~Kept() {
    interpreter_->service().OnWorker([held = object_] { Py_DECREF(held); });
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

 private:
  std::shared_ptr<Interpreter> interpreter_;
  PyObject* object_;
};

}  // namespace inmem::bridge
