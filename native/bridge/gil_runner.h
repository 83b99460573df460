// native/bridge/gil_runner.h: a thread that does things with the GIL, for those
// that must not wait for it.
#pragma once

#include "cpython/python_setup.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace inmem::bridge {

// Does what it is given, in order. The thread is made when it is first needed.
class GilRunner {
 public:
  explicit GilRunner(PyInterpreterState* interpreter)
      : interpreter_(interpreter) {}
  GilRunner(const GilRunner&) = delete;
  GilRunner& operator=(const GilRunner&) = delete;

  // `work` is destroyed with the GIL, too. Any thread. False after Close(): it
  // is dropped.
  bool Post(std::function<void()> work);
  // Does what there is, and ends the thread. Without the GIL, which it takes.
  void Close();

 private:
  void Begin();
  void Main();

  PyInterpreterState* const interpreter_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::thread thread_;
  bool closed_ = false;
};

}  // namespace inmem::bridge
