// native/bridge/gil_runner.cc: a thread that does things with the GIL.
#include "cpython/python_setup.h"

#include "bridge/gil_runner.h"

#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace inmem::bridge {

bool GilRunner::Post(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    queue_.push_back(std::move(work));
    if (!thread_.joinable()) Begin();
  }
  changed_.notify_one();
  return true;
}

// Where there is no thread to be had, the next work tries again.
void GilRunner::Begin() {
  try {
    thread_ = std::thread([this] { Main(); });
  } catch (const std::system_error&) {
    return;
  }
}

void GilRunner::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void GilRunner::Main() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !queue_.empty() || closed_; });
    if (queue_.empty()) return;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    // Not PyGILState_Ensure(): that knows one interpreter.
    PyThreadState* const state = PyThreadState_New(interpreter_);
    PyEval_AcquireThread(state);
    work();
    if (PyErr_Occurred() != nullptr) PyErr_WriteUnraisable(nullptr);
    work = nullptr;
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
  }
}

}  // namespace inmem::bridge
