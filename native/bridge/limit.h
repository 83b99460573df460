// native/bridge/limit.h: calls into Python that can be ended from outside.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace inmem::bridge {

class Interpreter;

// Why a call is to end; lib/bridge/limits.ts has the same.
enum class End : std::int32_t {
  kNone = 0,
  kTimeout = 1,
  kAborted = 2,
  kInterrupted = 3,
  kClosed = 4,  // its environment has ended
};

// One call, as those see it that may end it. An exception is raised in the
// thread that runs it, whatever it does, or the task of asyncio is cancelled;
// where that is caught, again and again.
// Locks: whoever has the mutex never waits for the GIL.
class Limit : public std::enable_shared_from_this<Limit> {
 public:
  using Clock = std::chrono::steady_clock;
  // How long a call may take to end before its caller is told that it does not.
  static constexpr std::chrono::milliseconds kGrace{1000};

  // What to do, with the GIL, where the call has not begun; and without it,
  // where it has not ended within the grace. Before it is shared.
  std::function<void()> when_waiting;
  std::function<void()> when_overdue;

  // Ends it then, or now. Any thread.
  void EndAt(Clock::time_point when);
  void EndNow(End why);
  // Raises the exception of kInterrupted in the calling thread, which runs it:
  // where that is caught, again later. GIL.
  void InterruptHere();
  // The calling thread runs it.
  bool IsHere();
  End why() const { return why_.load(std::memory_order_acquire); }

  // The calling thread runs it, until Leave(): GIL. False: it has been ended
  // before. An interrupt that was not seen until Leave() is forgotten.
  bool Enter();
  void Leave();
  // A task of asyncio does it, from now on. GIL.
  void SetTask(PyObject* task);
  // It has ended. True: an exception may still be raised in this thread, which
  // Leave() with the GIL forgets.
  bool Finish();
  // The call is on a thread that has not the GIL yet.
  void EnterHere();
  // Nobody can end it any more, or wants to.
  void Abandon();
  // Its environment has ended. The environment's thread.
  void Close();

  ~Limit();
  explicit Limit(Interpreter& interpreter);
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

 private:
  friend class Raises;
  friend class Watchdog;
  enum class At { kWaiting, kThread, kTask, kEnded };

  void Raise();  // GIL
  bool Wake();   // without; false: nothing is left to do

  const std::shared_ptr<Interpreter> interpreter_;
  std::atomic<End> why_{End::kNone};
  std::mutex mutex_;
  At at_ = At::kWaiting;
  pthread_t thread_ = {};
  bool raised_ = false;
  pthread_t loop_thread_ = {};  // it sits in the task's code
  bool in_loop_ = false;
  Clock::time_point since_;  // when it was to end; the watchdog's
  bool begun_ = false;
  bool told_ = false;
  std::atomic<int> wakes_{0};
  PyObject* task_ = nullptr;  // GIL
};

// Whether it is one that ExceptionOf() gives. GIL.
bool IsInterrupt(PyObject* exception);

// The exception that is raised for it in the calling thread's interpreter;
// borrowed; null for kNone. GIL.
PyObject* ExceptionOf(End why);

// What signal ends blocking system calls; 0: none.
void SetWakeSignal(int (*signal)());
int WakeSignal();

// Raises the exception for an interrupt of ours that waits for this thread.
// GIL.
bool TakeInterrupt();

// True where something waits for the thread of that state: racy, for those who
// wait without the GIL.
bool HasInterrupt(const PyThreadState* state);

// Functions of JavaScript's bridge: limit(number, milliseconds) begins a limit
// of a call that JavaScript waits for, unlimit(number) ends it and gives its
// End; endCall(number, end) ends any call; interrupt() all of the environment.
napi_value BeginLimit(napi_env env, napi_callback_info info);
napi_value EndLimit(napi_env env, napi_callback_info info);
napi_value EndCall(napi_env env, napi_callback_info info);
napi_value Interrupt(napi_env env, napi_callback_info info);

// Functions of `_inmem_bridge` for python/inmem/_bridge_async.py.
PyMethodDef* LimitMethods();

}  // namespace inmem::bridge
