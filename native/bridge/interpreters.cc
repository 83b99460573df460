// native/bridge/interpreters.cc: the interpreters with a GIL of their own that
// there are.
#include "cpython/python_setup.h"

#include "bridge/interpreters.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "bridge/interpreter.h"
#include "cpython/owned.h"

namespace inmem::bridge {

Interpreters& Interpreters::Get() {
  static auto* all = new Interpreters();  // threads outlive static objects
  return *all;
}

std::uint32_t Interpreters::NewNumber() {
  static std::atomic<std::uint32_t> last{0};
  return ++last;
}

void Interpreters::Add(std::shared_ptr<Interpreter> interpreter) {
  std::lock_guard lock(mutex_);
  const std::uint32_t number = interpreter->number();
  all_[number].interpreter = std::move(interpreter);
}

std::shared_ptr<Interpreter> Interpreters::Numbered(std::uint32_t number) {
  std::lock_guard lock(mutex_);
  const auto found = all_.find(number);
  return found == all_.end() ? nullptr : found->second.interpreter;
}

// The newest first: a state's memory may have been another's before.
Interpreter* Interpreters::Find(const PyInterpreterState* state) {
  std::lock_guard lock(mutex_);
  for (auto one = all_.rbegin(); one != all_.rend(); ++one) {
    Interpreter* interpreter = one->second.interpreter.get();
    if (interpreter->state() == state) return interpreter;
  }
  return nullptr;
}

bool Interpreters::BeginFinish(std::uint32_t number) {
  std::lock_guard lock(mutex_);
  if (parks_) return false;
  all_[number].at = At::kFinishes;
  return true;
}

void Interpreters::Finished(std::uint32_t number) {
  std::shared_ptr<Interpreter> gone;  // after the mutex
  {
    std::lock_guard lock(mutex_);
    auto found = all_.extract(number);
    if (found) gone = std::move(found.mapped().interpreter);
  }
  changed_.notify_all();
}

// A thread of its own for each: another may be in C code that keeps the GIL.
void Interpreters::Stop(PyInterpreterState* state) {
  PyThreadState* const mine = PyThreadState_New(state);
  PyEval_AcquireThread(mine);
  for (const char* name : {"stdout", "stderr"}) {
    PyObject* stream = PySys_GetObject(name);  // borrowed
    if (stream == nullptr || stream == Py_None) continue;
    cpython::Owned::Steal(PyObject_CallMethod(stream, "flush", nullptr));
    PyErr_Clear();
  }
  {
    std::lock_guard lock(mutex_);
    ++stopped_;
  }
  changed_.notify_all();
  for (;;) pause();
}

void Interpreters::Park(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  parks_ = true;
  std::size_t begun = 0;
  for (const auto& [number, entry] : all_) {
    if (entry.at != At::kRuns) continue;
    try {
      std::thread([this, state = entry.interpreter->state()] {
        Stop(state);
      }).detach();
      ++begun;
    } catch (const std::system_error&) {
      break;
    }
  }
  changed_.wait_for(lock, limit, [&] {
    for (const auto& [number, entry] : all_) {
      if (entry.at == At::kFinishes) return false;
    }
    return stopped_ == begun;
  });
}

}  // namespace inmem::bridge
