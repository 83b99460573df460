// native/os/fork_mutex.h: a lock that no child of fork finds taken for ever.
#pragma once

#include <mutex>

namespace inmem::os {

// Recursive. fork() waits a moment for whoever holds it, so that what it guards
// is whole in the child. One who holds it for long - a constructor of a shared
// object that runs, and waits for the GIL that the forking thread has - cannot
// be waited for: the lock is made anew in the child then, as glibc does with
// that of its dynamic linker.
// Never destroyed: fork handlers know it. At most kMost in a process.
class ForkMutex {
 public:
  static constexpr int kMost = 8;

  ForkMutex();
  ForkMutex(const ForkMutex&) = delete;
  ForkMutex& operator=(const ForkMutex&) = delete;

  // For std::lock_guard.
  void lock() { mutex_->lock(); }
  bool try_lock() { return mutex_->try_lock(); }
  void unlock() { mutex_->unlock(); }

 private:
  static void OnPrepare();
  static void OnParent();
  static void OnChild();

  // Replaced in children of fork.
  std::recursive_timed_mutex* mutex_ = new std::recursive_timed_mutex;
};

}  // namespace inmem::os
