// native/bridge/interpreter.h: what the bridge has in one interpreter of
// Python's.
#pragma once

#include "cpython/python_setup.h"

#include <datetime.h>

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

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
  // That of the calling thread. REQUIRES: the GIL, in one that has a bridge.
  static Interpreter& Current();
  // The same; null where it has none: Python code makes interpreters, too.
  static Interpreter* Find();

  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // The calling thread has its GIL.
  bool IsHeld() const;

  Service& service() { return service_; }
  // Does things with its GIL, on a thread of their own.
  GilRunner& runner() { return runner_; }

  // --- what python/inmem has given; GIL. Null: not yet ----------------------
  struct {
    PyObject* proxy = nullptr;     // inmem.ffi.JsProxy
    PyObject* callable = nullptr;  // JsCallable
    PyObject* memory = nullptr;    // JsMemory
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
  explicit Interpreter(PyInterpreterState* state);

  PyInterpreterState* const state_;
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
