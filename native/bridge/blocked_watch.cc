// native/bridge/blocked_watch.cc: whether JavaScript's thread is blocked in
// Python.
#include "bridge/blocked_watch.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace inmem::bridge {
namespace {

constexpr std::chrono::seconds kLimit(1);

// Of who waits for whom: few threads ever do, and not often.
std::mutex& WaitsMutex() {
  static auto* mutex = new std::mutex();
  return *mutex;
}

// The kernel tells the number of the system call that a thread sits in;
// "running" where it sits in none.
bool IsInFutex(pid_t thread) {
  std::array<char, 64> path = {};
  std::snprintf(path.data(), path.size(), "/proc/self/task/%d/syscall",
                static_cast<int>(thread));
  const int fd = open(path.data(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  std::array<char, 32> text = {};
  const ssize_t length = read(fd, text.data(), text.size() - 1);
  close(fd);
  return length > 0 && text[0] != 'r' &&
         std::strtol(text.data(), nullptr, 10) == SYS_futex;
}

}  // namespace

const ThreadProgress* ThreadProgress::WaitFor(const ThreadProgress* other) {
  std::lock_guard lock(WaitsMutex());
  return std::exchange(waits_for_, other);
}

// A thread that waits for JavaScript's says so: the kernel does not see it,
// for it wakes now and then, and on a busy machine is often about to run.
ThreadProgress::Seen ThreadProgress::See() const {
  constexpr int kMost = 1000;  // more than that: they go in a circle
  Seen seen = {true, 0};
  pid_t thread = 0;
  {
    std::lock_guard lock(WaitsMutex());
    const ThreadProgress* last = this;
    for (int i = 0; i < kMost; ++i) {
      seen.moves += last->moves();
      if (last->waits_for_ == nullptr) break;
      last = last->waits_for_;
      if (last == this) return seen;
    }
    if (last->waits_for_ != nullptr) return seen;
    if (!last->in_python()) return {false, seen.moves};
    thread = last->thread_;
  }
  seen.waits = IsInFutex(thread);
  return seen;
}

void BlockedWatch::Look() {
  const auto [waits, moves] = progress_.See();
  if (!waits || moves != moves_) {
    moves_ = moves;
    since_ = {};
  } else if (since_ == Clock::time_point()) {
    since_ = Clock::now();
  }
}

bool BlockedWatch::blocked() const {
  return since_ != Clock::time_point() && Clock::now() - since_ >= kLimit;
}

}  // namespace inmem::bridge
