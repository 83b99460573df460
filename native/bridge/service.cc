// native/bridge/service.cc: Python's own threads for the bridge.
#include "cpython/python_setup.h"

#include "bridge/service.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

// What it raised has nobody to go to.
void Do(Service::Work& work) {
  work();
  if (PyErr_Occurred() != nullptr) PyErr_WriteUnraisable(nullptr);
  work = nullptr;
}

}  // namespace

Service::Service() : limit_(Limit()) {}

Service& Service::Get() {
  static auto* service = new Service();  // its threads outlive static objects
  return *service;
}

bool Service::Begin(PyObject* spawn, PyObject* start_loop) {
  spawn_ = Py_NewRef(spawn);
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
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void Service::Serve() {
  for (;;) {
    Work work;
    bool last = false;
    {
      cpython::GilRelease release;
      std::unique_lock lock(mutex_);
      ++idle_;
      changed_.wait(lock, [this] { return !queue_.empty(); });
      --idle_;
      work = std::move(queue_.front());
      queue_.pop_front();
      last = idle_ == 0 && threads_ < limit_;
    }
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
    loop_queue_.push_back(std::move(work));
    begin = !std::exchange(loop_begun_, true);
    if (begin) descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop_queue_.size() == 1) eventfd_write(descriptor_, 1);
  }
  if (begin) OnWorker([this] { StartLoop(); });
}

void Service::StartLoop() {
  Owned started =
      Owned::Steal(PyObject_CallFunction(start_loop_, "i", descriptor_));
  if (!started) PyErr_WriteUnraisable(start_loop_);
}

void Service::ServeLoop() {
  std::vector<Work> works;
  {
    std::lock_guard lock(mutex_);
    eventfd_t ignored = 0;
    eventfd_read(descriptor_, &ignored);
    works.swap(loop_queue_);
  }
  for (Work& work : works) Do(work);
}

}  // namespace inmem::bridge
