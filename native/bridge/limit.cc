// native/bridge/limit.cc: calls into Python that can be ended from outside.
//
// Two threads. The watchdog keeps the time and ends blocking system calls; it
// never waits for the GIL, which a long call in C may keep. The interrupter
// waits for it, and raises (raises.h).
#include "cpython/python_setup.h"

#include "bridge/limit.h"

#include <pthread.h>
#include <signal.h>

#include <array>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "bridge/end_watch.h"
#include "bridge/interpreter.h"
#include "bridge/raises.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

int (*wake_signal)() = nullptr;

// Of the calling thread. GIL.
void ForgetInterrupt() {
  PyThreadState* state = PyThreadState_Get();
  if (state->async_exc == nullptr || !IsInterrupt(state->async_exc)) return;
  Py_DECREF(std::exchange(state->async_exc, nullptr));
}

}  // namespace

bool IsInterrupt(PyObject* exception) {
  const Interpreter* interpreter = Interpreter::Find();
  if (interpreter == nullptr) return false;
  for (PyObject* ours : interpreter->errors.ends) {
    if (ours != nullptr && ours == exception) return true;
  }
  return false;
}

PyObject* ExceptionOf(End why) {
  const Interpreter* interpreter = Interpreter::Find();
  return interpreter != nullptr
             ? interpreter->errors.ends[static_cast<std::size_t>(why)]
             : PyExc_KeyboardInterrupt;
}

// Limits that are to end, by the time when each is to be looked at.
class Watchdog {
 public:
  static Watchdog& Get() {
    static auto* watchdog = new Watchdog();
    return *watchdog;
  }

  void Watch(Limit::Clock::time_point when, std::shared_ptr<Limit> limit) {
    {
      std::lock_guard lock(mutex_);
      due_.emplace(when, std::move(limit));
      if (!std::exchange(begun_, true)) {
        std::thread([this] { Main(); }).detach();
      }
    }
    changed_.notify_one();
  }

 private:
  void Main() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (due_.empty()) {
        changed_.wait(lock);
      } else if (due_.begin()->first > Limit::Clock::now()) {
        changed_.wait_until(lock, due_.begin()->first);
      } else {
        std::shared_ptr<Limit> limit = std::move(due_.begin()->second);
        due_.erase(due_.begin());
        lock.unlock();
        Look(std::move(limit));
        lock.lock();
      }
    }
  }

  // An exception is raised at first, then twice a second; blocking calls are
  // ended more often: one may have begun just after it was raised.
  void Look(std::shared_ptr<Limit> limit) {
    End none = End::kNone;
    limit->why_.compare_exchange_strong(none, End::kTimeout);
    if (!std::exchange(limit->begun_, true)) {
      limit->since_ = Limit::Clock::now();
    }
    if (!limit->Wake()) return DropWithGil(std::move(limit));
    constexpr int kWakesOfRaise = 20;
    constexpr std::chrono::milliseconds kPause{25};
    if (limit->wakes_++ % kWakesOfRaise == 0) {
      Raises::Get().Add(limit);
    }
    if (!limit->told_ && limit->when_overdue &&
        Limit::Clock::now() - limit->since_ >= Limit::kGrace) {
      limit->told_ = true;
      limit->when_overdue();
    }
    Watch(Limit::Clock::now() + kPause, std::move(limit));
  }

  // What hangs on it may be Python's.
  static void DropWithGil(std::shared_ptr<Limit> limit) {
    GilRunner& runner = limit->interpreter_->runner();
    runner.Post([held = std::move(limit)] {});
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Limit::Clock::time_point, std::shared_ptr<Limit>> due_;
  bool begun_ = false;
};

Limit::Limit(Interpreter& interpreter)
    : interpreter_(interpreter.shared_from_this()) {}

// Of an interpreter that has ended nothing is left to let go.
Limit::~Limit() {
  if (task_ != nullptr && interpreter_->IsHeld()) Py_DECREF(task_);
}

void Limit::EndAt(Clock::time_point when) {
  Watchdog::Get().Watch(when, shared_from_this());
}

void Limit::EndNow(End why) {
  End none = End::kNone;
  if (!why_.compare_exchange_strong(none, why)) return;
  Watchdog::Get().Watch(Clock::now(), shared_from_this());
}

void Limit::InterruptHere() {
  const auto self = pthread_self();
  PyThreadState_SetAsyncExc(static_cast<unsigned long>(self),
                            ExceptionOf(End::kInterrupted));
  {
    std::lock_guard lock(mutex_);
    raised_ = true;
  }
  if (why() == End::kNone) wakes_ = 1;  // it has been raised just now
  EndNow(End::kInterrupted);
}

bool Limit::IsHere() {
  std::lock_guard lock(mutex_);
  return at_ == At::kThread && pthread_equal(thread_, pthread_self()) != 0;
}

bool Limit::Enter() {
  std::lock_guard lock(mutex_);
  if (at_ != At::kWaiting || why() != End::kNone) return false;
  at_ = At::kThread;
  thread_ = pthread_self();
  return true;
}

void Limit::EnterHere() {
  std::lock_guard lock(mutex_);
  at_ = At::kThread;
  thread_ = pthread_self();
}

void Limit::Abandon() {
  std::lock_guard lock(mutex_);
  at_ = At::kEnded;
}

// What this thread did has ended; what others do is for nobody.
void Limit::Close() {
  {
    std::lock_guard lock(mutex_);
    if (at_ == At::kThread && pthread_equal(thread_, pthread_self()) != 0) {
      at_ = At::kEnded;
      return;
    }
  }
  EndNow(End::kClosed);
}

void Limit::Leave() {
  {
    std::lock_guard lock(mutex_);
    if (at_ == At::kThread) at_ = At::kWaiting;
  }
  if (raised_) ForgetInterrupt();
}

void Limit::SetTask(PyObject* task) {
  Py_XSETREF(task_, Py_NewRef(task));
  std::lock_guard lock(mutex_);
  if (at_ != At::kEnded) at_ = At::kTask;
}

bool Limit::Finish() {
  bool raised = false;
  {
    std::lock_guard lock(mutex_);
    at_ = At::kEnded;
    raised = raised_;
  }
  Py_CLEAR(task_);  // there is one only where the caller has the GIL
  return raised;
}

// On the interrupter's thread.
void Limit::Raise() {
  PyObject* exception = ExceptionOf(why());
  std::unique_lock lock(mutex_);
  if (exception == nullptr || at_ == At::kEnded) return;
  if (at_ == At::kThread) {
    raised_ = true;
    PyThreadState_SetAsyncExc(static_cast<unsigned long>(thread_), exception);
    return;
  }
  const bool is_task = at_ == At::kTask;
  Owned task = Owned::Borrow(task_);
  lock.unlock();
  if (!is_task) {
    if (when_waiting) when_waiting();
    return;
  }
  // The task is cancelled where it waits; where its code runs just now, the
  // exception is raised in that as well.
  Owned thread = Owned::Steal(
      PyObject_CallOneArg(interpreter_->calls.end_task, task.get()));
  if (!thread) return;
  const unsigned long number = PyLong_AsUnsignedLong(thread.get());
  if (number == 0 || PyErr_Occurred() != nullptr) return;
  PyThreadState_SetAsyncExc(number, exception);
  lock.lock();
  in_loop_ = true;
  loop_thread_ = static_cast<pthread_t>(number);
}

bool Limit::Wake() {
  std::lock_guard lock(mutex_);
  if (at_ == At::kEnded) return false;
  const int signal = WakeSignal();
  if (signal == 0) return true;
  if (at_ == At::kThread && raised_) pthread_kill(thread_, signal);
  // The loop's thread never ends.
  if (at_ == At::kTask && in_loop_) pthread_kill(loop_thread_, signal);
  return true;
}

void SetWakeSignal(int (*signal)()) { wake_signal = signal; }

int WakeSignal() { return wake_signal != nullptr ? wake_signal() : 0; }

bool HasInterrupt(const PyThreadState* state) {
  PyObject* const* waiting = &state->async_exc;
  return __atomic_load_n(waiting, __ATOMIC_RELAXED) != nullptr;
}

bool TakeInterrupt() {
  PyThreadState* state = PyThreadState_GetUnchecked();
  if (state == nullptr || state->async_exc == nullptr ||
      !IsInterrupt(state->async_exc)) {
    return false;
  }
  PyObject* exception = std::exchange(state->async_exc, nullptr);
  PyErr_SetNone(exception);
  Py_DECREF(exception);
  return true;
}

namespace {

// set_limits(end_task, timeout, aborted, interrupted, closed)
PyObject* SetLimits(PyObject*, PyObject* args) {
  PyObject* function = nullptr;
  std::array<PyObject*, 5> given = {};
  if (PyArg_ParseTuple(args, "OOOOO", &function, &given[1], &given[2],
                       &given[3], &given[4]) == 0) {
    return nullptr;
  }
  Interpreter& interpreter = Interpreter::Current();
  interpreter.calls.end_task = Py_NewRef(function);
  for (std::size_t i = 1; i < given.size(); ++i) {
    interpreter.errors.ends[i] = Py_NewRef(given[i]);
  }
  Py_RETURN_NONE;
}

}  // namespace

PyMethodDef* LimitMethods() {
  static PyMethodDef methods[] = {
      {"set_limits", SetLimits, METH_VARARGS, nullptr},
      {nullptr, nullptr, 0, nullptr}};
  return methods;
}

}  // namespace inmem::bridge

// libpython is linked with --wrap of these. Where a system call or a lock was
// interrupted, three of them say whether to go on (of an RLock: the third):
// CPython asks them on every thread, but they look at what is meant for the
// main thread alone. The last is asked between bytecodes, where the thread's
// state tells to look.
namespace {
bool IsInterrupted() {
  return inmem::bridge::EndWatch::Take() ||
         inmem::bridge::Raises::Get().RaiseHere() ||
         inmem::bridge::TakeInterrupt();
}
}  // namespace

extern "C" {
int __real_PyErr_CheckSignals(void);
int __real_Py_MakePendingCalls(void);
int __real__PyEval_MakePendingCalls(PyThreadState* state);
int __real__Py_HandlePending(PyThreadState* state);

int __wrap_PyErr_CheckSignals(void) {
  return IsInterrupted() ? -1 : __real_PyErr_CheckSignals();
}

int __wrap_Py_MakePendingCalls(void) {
  return IsInterrupted() ? -1 : __real_Py_MakePendingCalls();
}

int __wrap__PyEval_MakePendingCalls(PyThreadState* state) {
  return IsInterrupted() ? -1 : __real__PyEval_MakePendingCalls(state);
}

int __wrap__Py_HandlePending(PyThreadState* state) {
  if (__real__Py_HandlePending(state) != 0) return -1;
  return inmem::bridge::EndWatch::Take() ||
                 inmem::bridge::Interpreter::Insist(state)
             ? -1
             : 0;
}
}
