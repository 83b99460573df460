// native/bridge/interpreter_end.cc: how an interpreter with a GIL of its own
// ends.
//
// CPython takes one apart only when no thread but one is left in it, and ends
// the process where that is not so. So all its threads are told to end, again
// and again, and waited for, on a thread that nobody waits for.
#include "cpython/python_setup.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "bridge/end_watch.h"
#include "bridge/interpreter.h"
#include "bridge/interpreters.h"
#include "bridge/limit.h"
#include "bridge/python_memory.h"
#include "cpython/gil.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Time for those that end by themselves.
constexpr milliseconds kQuiet{250};
constexpr milliseconds kRaise{500};
// Then each bytecode that looks raises, so that no handler goes on.
constexpr milliseconds kPatience{1000};
constexpr milliseconds kShortest{1};
constexpr milliseconds kLongest{50};

// A function of inmem._bridge_async.
void CallInPython(const char* name) {
  Owned module = Owned::Steal(PyImport_ImportModule("inmem._bridge_async"));
  Owned done = Owned::Steal(
      module ? PyObject_CallMethod(module.get(), name, nullptr) : nullptr);
  if (!done) PyErr_Clear();
}

}  // namespace

std::function<void()> Interpreter::PrepareEnd(std::function<void()> done) {
  auto told = std::make_shared<std::promise<void>>();
  auto wait = [self = shared_from_this(), done = std::move(done),
               telling = told->get_future().share()] {
    try {
      telling.get();
    } catch (const std::future_error&) {
      return;  // nobody ever will
    }
    self->EndHere();
    done();
  };
  try {
    std::thread(std::move(wait)).detach();
  } catch (const std::system_error&) {
    return nullptr;
  }
  return [told] { told->set_value(); };
}

void Interpreter::End() {
  const auto end = PrepareEnd([] {});
  if (end) end();
}

void Interpreter::EndHere() {
  PyThreadState* const mine = PyThreadState_New(state_);
  PyEval_AcquireThread(mine);
  service_.Close();
  CallInPython("end");
  // The runner's thread takes the GIL for what is left to do.
  {
    cpython::GilRelease release;
    runner_.Close();
  }
  EndThreads();
  service_.Finish();
  Forget();
  if (Exports::Outlive(*this)) {
    PyEval_SaveThread();
    return;
  }
  if (!Interpreters::Get().BeginFinish(number_)) {
    for (;;) ::pause();  // with the GIL: the process is ending
  }
  // Those of atexit, before Py_EndInterpreter() comes to them: they may begin
  // threads, too.
  do {
    CallInPython("call_exit_functions");
  } while (EndThreads());
  for (PyObject*& end : errors.ends) Py_CLEAR(end);
  Py_EndInterpreter(mine);
  ended_.store(true, std::memory_order_release);
  Interpreters::Get().Finished(number_);
}

// Whether there were any.
bool Interpreter::EndThreads() {
  const Clock::time_point begun = Clock::now();
  Clock::time_point raised = begun + kQuiet - kRaise;
  milliseconds pause = kShortest;
  bool any = false;
  for (;;) {
    const Clock::time_point now = Clock::now();
    const bool raise = now - raised >= kRaise;
    if (raise) raised = now;
    if (now - begun >= kPatience && !insists_.exchange(true)) ++insisting;
    if (!TellThreads(raise)) break;
    any = true;
    cpython::GilRelease release;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongest);
  }
  if (insists_.exchange(false)) --insisting;
  return any;
}

// False: there is none but this one. The list changes with the GIL alone, but
// for new ones, which come at its head.
bool Interpreter::TellThreads(bool raise) {
  bool any = false;
  PyObject* exception =
      errors.ends[static_cast<std::size_t>(bridge::End::kClosed)];
  const auto self = pthread_self();
  PyThreadState* state = PyInterpreterState_ThreadHead(state_);
  for (; state != nullptr; state = PyThreadState_Next(state)) {
    const auto thread = static_cast<pthread_t>(state->thread_id);
    if (pthread_equal(thread, self) != 0) continue;
    any = true;
    if (state->thread_id == 0) continue;  // it is only about to begin
    if (raise) PyThreadState_SetAsyncExc(state->thread_id, exception);
    const int signal = WakeSignal();
    if (signal != 0 && state->async_exc != nullptr) {
      pthread_kill(thread, signal);
    }
  }
  return any;
}

bool Interpreter::Insist(PyThreadState* state) {
  if (insisting.load(std::memory_order_relaxed) == 0) return false;
  Interpreter* interpreter = Find();
  if (interpreter == nullptr || !interpreter->insists_.load()) return false;
  PyErr_SetNone(ExceptionOf(bridge::End::kClosed));
  EndWatch::LookForException(state);
  return true;
}

// But for what threads are told to end by.
void Interpreter::Forget() {
  waiting.clear();
  for (auto& [traits, type] : types.by_traits) Py_CLEAR(type);
  types.by_traits.clear();
  for (PyObject** kept :
       {&types.proxy, &types.callable, &types.memory, &types.big_int,
        &types.choose, &missing, &errors.type, &errors.make, &errors.describe,
        &calls.variable, &calls.adopt, &calls.end_task, &calls.settle,
        &plain}) {
    Py_CLEAR(*kept);
  }
  datetime = nullptr;
}

}  // namespace inmem::bridge
