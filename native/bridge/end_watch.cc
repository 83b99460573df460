// native/bridge/end_watch.cc: an environment that ends while its thread is in
// Python.
#include "cpython/python_setup.h"

#include "bridge/end_watch.h"

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "bridge/js_thread.h"
#include "bridge/limit.h"

namespace inmem::bridge {

namespace {

using std::chrono::milliseconds;

// Between two looks of the watchdog, while any thread is in Python.
constexpr milliseconds kLook{50};
// A call may last so long before the loop is looked at; where that has other
// work, each trial doubles the time to the next one.
constexpr milliseconds kFirst{100};
constexpr milliseconds kMost{1000};
// Where the exception is caught, it is raised again after that; in the end at
// each bytecode that looks, so that no handler goes on.
constexpr milliseconds kAgain{250};
constexpr milliseconds kInsist{1000};

// CPython's _PY_ASYNC_EXCEPTION_BIT: look whether an exception waits.
constexpr uintptr_t kLookForException = 1U << 3;

// Of the thread; no more than one, however many copies of the package.
thread_local EndWatch* of_thread = nullptr;

int LoopDescriptor(napi_env env) {
  uv_loop_s* loop = nullptr;
  // Node exports it; whoever else loads the addon need not.
  static auto* const descriptor = reinterpret_cast<int (*)(uv_loop_s*)>(
      dlsym(RTLD_DEFAULT, "uv_backend_fd"));
  if (descriptor == nullptr || napi_get_uv_event_loop(env, &loop) != napi_ok) {
    return -1;
  }
  return descriptor(loop);
}

napi_value DoNothing(napi_env, napi_callback_info) { return nullptr; }

}  // namespace

// Sleeps while no thread that it watches is in Python.
class EndWatchdog {
 public:
  static EndWatchdog& Get() {
    static auto* watchdog = new EndWatchdog();
    return *watchdog;
  }

  bool Add(std::shared_ptr<EndWatch> watch) {
    std::lock_guard lock(mutex_);
    if (!begun_) {
      try {
        std::thread([this] { Main(); }).detach();
      } catch (const std::system_error&) {
        return false;
      }
      begun_ = true;
    }
    watches_.push_back(std::move(watch));
    return true;
  }

  void Remove(const EndWatch* watch) {
    std::lock_guard lock(mutex_);
    std::erase_if(watches_,
                  [&](const auto& one) { return one.get() == watch; });
  }

  void WaitForLook() { const std::lock_guard lock(mutex_); }

  // A thread has entered Python. Either it sees that the watchdog sleeps, or
  // that sees the thread in Python.
  void Wake() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!sleeps_.load(std::memory_order_relaxed)) return;
    {
      std::lock_guard lock(mutex_);
      sleeps_.store(false, std::memory_order_relaxed);
    }
    changed_.notify_one();
  }

 private:
  void Main() {
    std::unique_lock lock(mutex_);
    for (;;) {
      sleeps_.store(true, std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      changed_.wait(lock, [this] { return !sleeps_ || AnyInPython(); });
      sleeps_.store(false, std::memory_order_relaxed);
      lock.unlock();
      std::this_thread::sleep_for(kLook);
      lock.lock();
      for (const auto& watch : watches_) watch->Look();
    }
  }

  bool AnyInPython() const {
    return std::any_of(watches_.begin(), watches_.end(), [](const auto& watch) {
      return watch->progress_->in_python();
    });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<EndWatch>> watches_;
  std::atomic<bool> sleeps_{false};
  bool begun_ = false;
};

std::shared_ptr<EndWatch> EndWatch::Begin(
    napi_env env, const std::shared_ptr<JsThread>& js_thread) {
  if (of_thread != nullptr) return nullptr;
  auto watch = std::make_shared<EndWatch>();
  watch->env_ = env;
  watch->loop_ = LoopDescriptor(env);
  watch->thread_ = pthread_self();
  watch->process_ = getpid();
  watch->progress_ = &js_thread->progress;
  napi_value nothing = nullptr;
  if (watch->loop_ < 0 ||
      napi_create_function(env, "", NAPI_AUTO_LENGTH, DoNothing, nullptr,
                           &nothing) != napi_ok ||
      napi_create_reference(env, nothing, 1, &watch->nothing_) != napi_ok ||
      !EndWatchdog::Get().Add(watch)) {
    return nullptr;
  }
  of_thread = watch.get();
  return watch;
}

void EndWatch::Finish() {
  EndWatchdog::Get().Remove(this);
  of_thread = nullptr;
}

PyThreadState* EndWatch::Enter(PyThreadState* state) {
  PyThreadState* const before = python_.load(std::memory_order_relaxed);
  python_.store(state, std::memory_order_relaxed);
  EndWatchdog::Get().Wake();
  return before;
}

void EndWatch::LookForException(PyThreadState* state) {
  __atomic_fetch_or(&state->eval_breaker, kLookForException, __ATOMIC_RELAXED);
}

void EndWatch::WaitForLook() { EndWatchdog::Get().WaitForLook(); }

void EndWatch::Look() {
  if (!progress_->in_python()) {
    since_ = {};
    return;
  }
  if (state_.load() == State::kEnds) return Prod();
  const Clock::time_point now = Clock::now();
  const std::uint64_t moves = progress_->moves();
  if (moves != moves_ || since_ == Clock::time_point()) {
    moves_ = moves;
    since_ = now;
    pause_ = kFirst;
  } else if (now - since_ >= pause_ && LoopHasWork()) {
    since_ = now;
    pause_ = std::min<Clock::duration>(pause_ * 2, kMost);
    state_.store(State::kAsked);
    Prod();
  }
}

// Its descriptor is an epoll instance: looking takes nothing out of it.
bool EndWatch::LoopHasWork() const {
  pollfd loop = {.fd = loop_, .events = POLLIN, .revents = 0};
  return poll(&loop, 1, 0) == 1;
}

// Bytecode looks at the bit; a system call ends, and then CPython looks.
void EndWatch::Prod() {
  PyThreadState* const state = python_.load(std::memory_order_relaxed);
  if (state != nullptr) LookForException(state);
  const int signal = WakeSignal();
  if (signal != 0) pthread_kill(thread_, signal);
}

EndWatch::Answer EndWatch::CanCall() {
  bool pending = true;
  if (napi_is_exception_pending(env_, &pending) != napi_ok || pending) {
    return Answer::kUnknown;
  }
  napi_handle_scope scope = nullptr;
  napi_open_handle_scope(env_, &scope);
  napi_value nothing = nullptr;
  napi_value value = nullptr;
  napi_get_reference_value(env_, nothing_, &nothing);
  napi_get_undefined(env_, &value);
  const bool called =
      napi_call_function(env_, value, nothing, 0, nullptr, &value) == napi_ok;
  if (!called) napi_get_and_clear_last_exception(env_, &value);
  napi_close_handle_scope(env_, scope);
  return called ? Answer::kYes : Answer::kNo;
}

bool EndWatch::Take(bool try_now) {
  return of_thread != nullptr && of_thread->TakeHere(try_now);
}

bool EndWatch::TakeHere(bool try_now) {
  State state = state_.load(std::memory_order_relaxed);
  // A child of fork has the thread, but no JavaScript.
  if ((state == State::kRuns && !try_now) || process_ != getpid()) return false;
  if (state != State::kEnds) {
    const Answer can = CanCall();
    if (can == Answer::kYes) state_.store(State::kRuns);
    if (can != Answer::kNo) return false;
    state_.store(State::kEnds);
  }
  const Clock::time_point now = Clock::now();
  if (raised_ && !try_now && now - first_ < kInsist && now - last_ < kAgain) {
    return false;
  }
  if (!std::exchange(raised_, true)) first_ = now;
  last_ = now;
  Raise();
  return true;
}

void EndWatch::Raise() {
  PyErr_SetNone(ExceptionOf(End::kClosed));
  if (last_ - first_ >= kInsist) LookForException(PyThreadState_Get());
}

}  // namespace inmem::bridge
