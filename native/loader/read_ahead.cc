// native/loader/read_ahead.cc: objects of a closure, inflated on several
// threads.
#include "loader/read_ahead.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace inmem::loader {
namespace {

// Of what is inflated and not placed yet: closures may be gigabytes large.
constexpr std::uint64_t kWaitingLimitBytes = std::uint64_t{256} << 20;

// Threads inherit the mask of the one that starts them.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  for (const pthread_t thread : threads_) ::pthread_join(thread, nullptr);
}

std::size_t ReadAhead::UsualThreads() {
  // Asked once: closures are many.
  static const std::size_t threads = [] {
    constexpr int kMost = 3;
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return std::size_t{0};
    return static_cast<std::size_t>(std::clamp(CPU_COUNT(&set) - 1, 0, kMost));
  }();
  return threads;
}

std::list<ReadAhead::Task>::iterator ReadAhead::Find(const std::string& entry) {
  return std::find_if(tasks_.begin(), tasks_.end(),
                      [&](const Task& task) { return task.entry == entry; });
}

bool ReadAhead::Has(const std::string& entry) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(tasks_.begin(), tasks_.end(),
                     [&](const Task& task) { return task.entry == entry; });
}

void ReadAhead::Ask(const std::string& entry, std::uint64_t size_bytes,
                    Read read) {
  if (limit_ == 0) return;
  {
    const std::lock_guard lock(mutex_);
    if (size_bytes > kWaitingLimitBytes - waiting_bytes_) return;
    waiting_bytes_ += size_bytes;
    tasks_.push_back({entry, size_bytes, std::move(read), false, {}});
  }
  changed_.notify_one();
  if (threads_.size() < limit_) StartThread();
}

void ReadAhead::StartThread() {
  const BlockedSignals blocked;
  pthread_t thread{};
  if (::pthread_create(&thread, nullptr, Enter, this) == 0) {
    threads_.push_back(thread);
  } else {
    limit_ = threads_.size();  // whoever comes for the objects reads them
  }
}

void* ReadAhead::Enter(void* self) {
  static_cast<ReadAhead*>(self)->Work();
  return nullptr;
}

std::optional<Result<ObjectBytes>> ReadAhead::Take(const std::string& entry) {
  std::unique_lock lock(mutex_);
  const auto task = Find(entry);
  if (task == tasks_.end()) return std::nullopt;
  if (task->begun)
    changed_.wait(lock, [&] { return task->result.has_value(); });
  std::optional<Result<ObjectBytes>> result = std::move(task->result);
  waiting_bytes_ -= task->size_bytes;
  tasks_.erase(task);
  return result;
}

void ReadAhead::Work() {
  std::unique_lock lock(mutex_);
  while (!ends_) {
    const auto task = std::find_if(tasks_.begin(), tasks_.end(),
                                   [](const Task& one) { return !one.begun; });
    if (task == tasks_.end()) {
      changed_.wait(lock);
      continue;
    }
    task->begun = true;
    lock.unlock();
    auto result = task->read();
    lock.lock();
    task->result.emplace(std::move(result));
    changed_.notify_all();
  }
}

}  // namespace inmem::loader
