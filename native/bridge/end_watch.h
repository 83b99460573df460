// native/bridge/end_watch.h: an environment that ends while its thread is in
// Python.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include <pthread.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "bridge/blocked_watch.h"

namespace inmem::bridge {

struct JsThread;

// worker.terminate() and process.exit() stop JavaScript, and wait for the
// worker's thread; of a thread that is in Python they know nothing. What they
// do wakes the worker's event loop: so a thread of ours looks, while a call
// lasts, whether that loop has something to do, and has the worker's thread
// itself try then whether JavaScript can still be called. Where it cannot be,
// EnvironmentClosed is raised in Python, again and again until the call ends.
class EndWatch {
 public:
  // Of the calling thread, which is the environment's; null where there is one
  // already, or no loop that can be looked at.
  static std::shared_ptr<EndWatch> Begin(
      napi_env env, const std::shared_ptr<JsThread>& js_thread);
  // No more. The environment's thread.
  void Finish();
  EndWatch() = default;
  EndWatch(const EndWatch&) = delete;
  EndWatch& operator=(const EndWatch&) = delete;

  // The thread has entered Python, with that state; gives the one before, which
  // is the one again after Leave().
  PyThreadState* Enter(PyThreadState* state);
  void Leave(PyThreadState* before) {
    python_.store(before, std::memory_order_relaxed);
  }
  // Bytecode of the thread with that state asks _Py_HandlePending().
  static void LookForException(PyThreadState* state);
  // Nobody looks any more at a state that was left before this.
  static void WaitForLook();

  // Raises the exception for the calling thread's environment, where that ends;
  // `try_now`: it has just failed to call JavaScript. GIL.
  static bool Take(bool try_now = false);

 private:
  friend class EndWatchdog;
  using Clock = std::chrono::steady_clock;
  enum class State { kRuns, kAsked, kEnds };
  enum class Answer { kYes, kNo, kUnknown };

  void Look();  // the watchdog's thread
  bool LoopHasWork() const;
  void Prod();
  Answer CanCall();
  bool TakeHere(bool try_now);
  void Raise();

  napi_env env_ = nullptr;
  napi_ref nothing_ = nullptr;  // a function that does nothing
  int loop_ = -1;               // it can be read where the loop has work
  pthread_t thread_ = {};
  pid_t process_ = 0;
  // Kept until Finish(): what it tells is the thread's.
  const ThreadProgress* progress_ = nullptr;
  std::atomic<PyThreadState*> python_{nullptr};
  std::atomic<State> state_{State::kRuns};

  // The watchdog's.
  std::uint64_t moves_ = 0;
  Clock::time_point since_;
  Clock::duration pause_ = {};

  // The environment's thread's.
  bool raised_ = false;
  Clock::time_point first_;
  Clock::time_point last_;
};

}  // namespace inmem::bridge
