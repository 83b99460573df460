// native/bridge/raises.cc: exceptions of limits that wait for the GIL to be
// raised.
#include "cpython/python_setup.h"

#include "bridge/raises.h"

#include <pthread.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "bridge/interpreter.h"

namespace inmem::bridge {

Raises& Raises::Get() {
  static auto* raises = new Raises();
  return *raises;
}

Raises::Raises() {
  pthread_atfork([] { Get().mutex_.lock(); }, [] { Get().mutex_.unlock(); },
                 [] { Get().LeaveInChild(); });
}

// The calls that have limits are the parent's. What is left of those is not
// destroyed: it may be half changed.
void Raises::LeaveInChild() {
  static auto* left = new std::vector<std::shared_ptr<Limit>>();
  left->swap(limits_);
  count_.store(0, std::memory_order_relaxed);
  mutex_.unlock();
}

void Raises::Add(const std::shared_ptr<Limit>& limit) {
  {
    std::lock_guard lock(mutex_);
    limits_.push_back(limit);
    count_.store(limits_.size(), std::memory_order_relaxed);
  }
  Interpreter& interpreter = *limit->interpreter_;
  const bool is_posted = interpreter.runner().Post(
      [this, &interpreter] { RaiseAll(interpreter); });
  // It has ended, and all that runs in it.
  while (!is_posted && Next(interpreter) != nullptr) continue;
}

bool Raises::RaiseHere() {
  if (count_.load(std::memory_order_relaxed) == 0) return false;
  const Interpreter* const interpreter = Interpreter::Find();
  if (interpreter == nullptr || PyErr_Occurred() != nullptr) return false;
  return RaiseAll(*interpreter);
}

// Python code that ends a task may meet an exception that was raised for a call
// of this very thread: the rest is raised when it looks the next time.
bool Raises::RaiseAll(const Interpreter& interpreter) {
  while (const std::shared_ptr<Limit> limit = Next(interpreter)) {
    limit->Raise();
    PyObject* const error = PyErr_Occurred();
    if (error == nullptr) continue;
    if (IsInterrupt(error)) return true;
    PyErr_WriteUnraisable(nullptr);
  }
  return false;
}

std::shared_ptr<Limit> Raises::Next(const Interpreter& interpreter) {
  std::lock_guard lock(mutex_);
  for (auto each = limits_.begin(); each != limits_.end(); ++each) {
    if ((*each)->interpreter_.get() != &interpreter) continue;
    std::shared_ptr<Limit> limit = std::move(*each);
    limits_.erase(each);
    count_.store(limits_.size(), std::memory_order_relaxed);
    return limit;
  }
  return nullptr;
}

}  // namespace inmem::bridge
