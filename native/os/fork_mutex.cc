// native/os/fork_mutex.cc: a lock that no child of fork finds taken for ever.
#include "os/fork_mutex.h"

#include <pthread.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

namespace inmem::os {
namespace {

// Longer than any holder but a constructor needs.
constexpr std::chrono::milliseconds kPatience{20};

struct Known {
  std::array<std::atomic<ForkMutex*>, ForkMutex::kMost> all = {};
  std::atomic<int> count = 0;
};

Known& TheKnown() {
  static auto* known = new Known;
  return *known;
}

// Those that this thread took in OnPrepare, a bit each.
thread_local std::uint32_t taken = 0;

}  // namespace

ForkMutex::ForkMutex() {
  static const int registered = ::pthread_atfork(OnPrepare, OnParent, OnChild);
  (void)registered;
  const int place = TheKnown().count++;
  if (place >= kMost) std::abort();  // a constant of this program
  TheKnown().all[place] = this;
}

// In the order in which they are taken elsewhere, or by nobody who waits: who
// gives up after a moment cannot be part of a deadlock.
void ForkMutex::OnPrepare() {
  taken = 0;
  for (int i = 0; i < kMost; ++i) {
    ForkMutex* mutex = TheKnown().all[i];
    if (mutex == nullptr) continue;
    if (mutex->mutex_->try_lock_for(kPatience)) taken |= 1U << i;
  }
}

void ForkMutex::OnParent() {
  for (int i = 0; i < kMost; ++i) {
    if ((taken & 1U << i) != 0) TheKnown().all[i].load()->unlock();
  }
  taken = 0;
}

// The old one stays: a constructor that forked unlocks it in the child, too.
void ForkMutex::OnChild() {
  static auto& old = *new std::vector<std::recursive_timed_mutex*>;
  for (std::atomic<ForkMutex*>& known : TheKnown().all) {
    if (ForkMutex* mutex = known) {
      old.push_back(
          std::exchange(mutex->mutex_, new std::recursive_timed_mutex));
    }
  }
  taken = 0;
}

}  // namespace inmem::os
