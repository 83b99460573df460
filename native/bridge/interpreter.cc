// native/bridge/interpreter.cc: what the bridge has in one interpreter of
// Python's.
#include "cpython/python_setup.h"

#include "bridge/interpreter.h"

#include <memory>

namespace inmem::bridge {

Interpreter::Interpreter(PyInterpreterState* state)
    : state_(state), service_(*this), runner_(state) {}

Interpreter& Interpreter::Main() {
  static auto* main = new std::shared_ptr<Interpreter>(
      new Interpreter(PyInterpreterState_Main()));
  return **main;
}

Interpreter* Interpreter::Find() {
  Interpreter& main = Main();
  return PyInterpreterState_Get() == main.state_ ? &main : nullptr;
}

Interpreter& Interpreter::Current() { return *Find(); }

bool Interpreter::IsHeld() const {
  PyThreadState* const state = PyThreadState_GetUnchecked();
  return state != nullptr && state->interp == state_;
}

}  // namespace inmem::bridge
