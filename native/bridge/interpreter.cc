// native/bridge/interpreter.cc: what the bridge has in one interpreter of
// Python's.
#include "cpython/python_setup.h"

#include "bridge/interpreter.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "bridge/interpreters.h"
#include "cpython/owned.h"

namespace inmem::bridge {

namespace {

// As an isolated one of PEP 684: nothing in it is another's. But for threads
// that nobody waits for: CPython forbids them, as it ends the process where one
// is left in an interpreter that ends; EndThreads() leaves none.
constexpr PyInterpreterConfig kConfig = {
    .use_main_obmalloc = 0,
    .allow_fork = 0,
    .allow_exec = 0,
    .allow_threads = 1,
    .allow_daemon_threads = 1,
    .check_multi_interp_extensions = 1,
    .gil = PyInterpreterConfig_OWN_GIL,
};

// The types of _datetime are the only ones of an extension that CPython 3.13
// lets interpreters share. Their tuples of bases are of the first one's memory
// that imports it, and are freed by the last one, into its own: the process
// ends by that (double free). The main interpreter never ends, so that with it
// among them no other is the last.
Status HoldSharedTypes() {
  const PyGILState_STATE state = PyGILState_Ensure();
  const bool held =
      bool{cpython::Owned::Steal(PyImport_ImportModule("_datetime"))};
  PyErr_Clear();
  PyGILState_Release(state);
  if (held) return Status::Ok();
  return {ErrorCode::kInterpreter, "no interpreter could be made: _datetime"};
}

}  // namespace

Interpreter::Interpreter(PyInterpreterState* state, std::uint32_t number)
    : state_(state), number_(number), service_(*this), runner_(state) {}

Interpreter& Interpreter::Main() {
  static auto* main = new std::shared_ptr<Interpreter>(
      new Interpreter(PyInterpreterState_Main(), 0));
  return **main;
}

Result<std::shared_ptr<Interpreter>> Interpreter::Make(
    const std::function<Status()>& set_up) {
  if (Status held = HoldSharedTypes(); !held.ok()) return held;
  PyThreadState* state = nullptr;
  const PyStatus made = Py_NewInterpreterFromConfig(&state, &kConfig);
  if (PyStatus_Exception(made) != 0) {
    return Status(ErrorCode::kInterpreter,
                  std::string("no interpreter could be made: ") +
                      (made.err_msg != nullptr ? made.err_msg : "no reason"));
  }
  std::shared_ptr<Interpreter> interpreter(new Interpreter(
      PyThreadState_GetInterpreter(state), Interpreters::NewNumber()));
  Interpreters::Get().Add(interpreter);
  const Status status = set_up();
  PyThreadState_Clear(state);
  PyThreadState_DeleteCurrent();
  if (status.ok()) return interpreter;
  interpreter->End();
  return status;
}

std::shared_ptr<Interpreter> Interpreter::Numbered(std::uint32_t number) {
  return Interpreters::Get().Numbered(number);
}

Interpreter* Interpreter::Find() {
  Interpreter& main = Main();
  PyInterpreterState* const state = PyInterpreterState_Get();
  return state == main.state_ ? &main : Interpreters::Get().Find(state);
}

Interpreter& Interpreter::Current() { return *Find(); }

// A state's memory may be a later one's.
bool Interpreter::IsHeld() const {
  if (ended_.load(std::memory_order_acquire)) return false;
  PyThreadState* const state = PyThreadState_GetUnchecked();
  return state != nullptr && state->interp == state_;
}

}  // namespace inmem::bridge
