// native/bridge/service.cc: Python's own threads for the bridge.
#include "cpython/python_setup.h"

#include "bridge/service.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bridge/interpreter.h"
#include "cpython/gil.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

// That of concurrent.futures.ThreadPoolExecutor: calls often wait, for files
// and sockets, and more threads than that only wait for the GIL.
int Limit() {
  constexpr int kMore = 4;
  constexpr int kMost = 32;
  return std::min(
      kMost, static_cast<int>(std::thread::hardware_concurrency()) + kMore);
}

// To wake a thread that sleeps takes tens of microseconds where the processor
// sleeps too, and calls come in rows: who has just worked looks for more for so
// long before it sleeps.
constexpr std::chrono::microseconds kLook{50};
// How long the loop's thread may do nothing but our work.
constexpr std::chrono::microseconds kTurn{200};

void Pause() {
#if defined(__x86_64__)
  for (int i = 0; i < 16; ++i) __builtin_ia32_pause();
#endif
}

// True once the queue holds something; false when none came. Where the threads
// of this machine want more processors than there are, looking keeps one from
// who would bring the work: who loses his meanwhile tells, and nobody looks for
// the next while.
bool Look(const std::atomic<std::size_t>& queued) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::microseconds kLost{100};
  constexpr int kRest = 16;
  static std::atomic<int> rest = std::thread::hardware_concurrency() > 1
                                     ? 0
                                     : std::numeric_limits<int>::max();
  if (rest.load(std::memory_order_relaxed) > 0) {
    rest.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  const Clock::time_point begun = Clock::now();
  Clock::time_point before = begun;
  while (queued.load(std::memory_order_acquire) == 0) {
    Pause();
    const Clock::time_point now = Clock::now();
    if (now - before > kLost) rest.store(kRest, std::memory_order_relaxed);
    if (now - begun > kLook) return false;
    before = now;
  }
  return true;
}

// What it raised has nobody to go to.
void Do(Service::Work& work) {
  work();
  if (PyErr_Occurred() != nullptr) PyErr_WriteUnraisable(nullptr);
  work = nullptr;
}

}  // namespace

Service::Service(Interpreter& interpreter)
    : interpreter_(interpreter), limit_(Limit()) {}

Service::~Service() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool Service::Begin(PyObject* spawn, PyObject* start_loop,
                    PyObject* serve_posted) {
  spawn_ = Py_NewRef(spawn);
  serve_posted_ = Py_NewRef(serve_posted);
  start_loop_ = Py_NewRef(start_loop);
  return Spawn();
}

bool Service::Spawn() {
  int number = 0;
  {
    std::lock_guard lock(mutex_);
    number = threads_++;
  }
  const std::string name = "inmem-bridge-" + std::to_string(number);
  Owned made = Owned::Steal(PyObject_CallFunction(spawn_, "s", name.c_str()));
  if (made) return true;
  std::lock_guard lock(mutex_);
  --threads_;
  return false;
}

void Service::OnWorker(Work work) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    if (finished_) return;
    queue_.push_back(std::move(work));
    queued_.store(queue_.size(), std::memory_order_release);
    wake = queue_.size() > looking_;
  }
  if (wake) changed_.notify_one();
}

// Waits for it; none: the service is closed. Without the GIL. `last`: nobody
// else is idle.
Service::Work Service::Next(bool* last) {
  std::unique_lock lock(mutex_);
  ++idle_;
  if (queue_.empty()) {
    ++looking_;
    lock.unlock();
    Look(queued_);
    lock.lock();
    --looking_;
  }
  changed_.wait(lock, [this] { return !queue_.empty() || closed_; });
  --idle_;
  if (queue_.empty()) return {};
  Work work = std::move(queue_.front());
  queue_.pop_front();
  queued_.store(queue_.size(), std::memory_order_release);
  *last = idle_ == 0 && threads_ < limit_ && !closed_;
  return work;
}

void Service::Serve() {
  for (;;) {
    Work work;
    bool last = false;
    {
      cpython::GilRelease release;
      work = Next(&last);
    }
    if (!work) return;
    // Whoever posts work has no GIL to make threads with: so one more than
    // works is kept ready.
    if (last && !Spawn()) PyErr_Clear();  // then the others do it in turn
    Do(work);
  }
}

void Service::OnLoop(Work work) {
  bool begin = false;
  {
    std::lock_guard lock(mutex_);
    if (finished_) return;
    loop_queue_.push_back(std::move(work));
    loop_queued_.store(loop_queue_.size(), std::memory_order_release);
    begin = !closed_ && !std::exchange(loop_begun_, true);
    if (begin) descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop_queue_.size() == 1 && !loop_looks_ && descriptor_ >= 0) {
      eventfd_write(descriptor_, 1);
    }
  }
  if (!begin) return;
  // Not on a worker: all of them may be at work, and wait for the loop.
  interpreter_.runner().Post([this] { StartLoop(); });
}

void Service::StartLoop() {
  Owned started =
      Owned::Steal(PyObject_CallFunction(start_loop_, "i", descriptor_));
  if (!started) PyErr_WriteUnraisable(start_loop_);
}

void Service::PassOnPosted() {
  posted_ = false;
  OnLoop([this] { Owned::Steal(PyObject_CallNoArgs(serve_posted_)); });
}

void Service::ServeLoop() {
  {
    std::lock_guard lock(mutex_);
    eventfd_t ignored = 0;
    eventfd_read(descriptor_, &ignored);
    loop_looks_ = true;
  }
  // What else the loop has to do, timers and sockets, waits no longer than
  // that.
  const auto until = std::chrono::steady_clock::now() + kTurn;
  bool more = true;
  while (more && std::chrono::steady_clock::now() < until) {
    more = DoLoopQueue() && LoopIsIdle();
  }
  std::lock_guard lock(mutex_);
  loop_looks_ = false;
  // To come back after the loop's own things, and look on.
  if (more || !loop_queue_.empty()) eventfd_write(descriptor_, 1);
}

// False: nothing came.
bool Service::DoLoopQueue() {
  if (loop_queued_.load(std::memory_order_acquire) == 0 && LoopIsIdle()) {
    cpython::GilRelease release;
    Look(loop_queued_);
  }
  std::vector<Work> works;
  {
    std::lock_guard lock(mutex_);
    works.swap(loop_queue_);
    loop_queued_.store(0, std::memory_order_release);
  }
  for (Work& work : works) Do(work);
  return !works.empty();
}

bool Service::LoopIsIdle() const {
  if (loop_ready_ == nullptr) return true;
  const Py_ssize_t waiting = PyObject_Size(loop_ready_);
  if (waiting < 0) PyErr_Clear();
  return waiting == 0;
}

void Service::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

void Service::Finish() {
  for (;;) {
    std::deque<Work> works;
    {
      std::lock_guard lock(mutex_);
      works.swap(queue_);
      std::move(loop_queue_.begin(), loop_queue_.end(),
                std::back_inserter(works));
      loop_queue_.clear();
      finished_ = works.empty();
      if (finished_) break;
    }
    for (Work& work : works) Do(work);
  }
  // Not with this object, which JavaScript may hold for long.
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
  Py_CLEAR(spawn_);
  Py_CLEAR(start_loop_);
  Py_CLEAR(loop_ready_);
  Py_CLEAR(serve_posted_);
}

void Service::SetLoopReady(PyObject* ready) {
  Py_XSETREF(loop_ready_, Py_IsNone(ready) ? nullptr : Py_NewRef(ready));
}

}  // namespace inmem::bridge
