// native/bridge/blocked_watch.h: whether JavaScript's thread, which another one
// waits for, is itself blocked in Python.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace inmem::bridge {

// What JavaScript's thread tells of itself. It writes, others read.
class ThreadProgress {
 public:
  explicit ThreadProgress(pid_t thread) : thread_(thread) {}

  void EnterPython() { Move(1); }
  void LeavePython() { Move(-1); }

  std::uint64_t moves() const { return moves_.load(std::memory_order_relaxed); }
  bool in_python() const { return depth_.load(std::memory_order_relaxed) > 0; }

  // This thread waits for that one of JavaScript's to have time; null: for
  // none. Gives what it was. REQUIRES: `other` lives until it is another.
  const ThreadProgress* WaitFor(const ThreadProgress* other);

  struct Seen {
    // In Python, in a wait for another thread: a lock, a condition, a join, or
    // for one of JavaScript's that is in such a wait itself. No other system
    // call counts: a sleep, a read end by themselves.
    bool waits;
    // Changes whenever one of these threads enters or leaves Python.
    std::uint64_t moves;
  };
  Seen See() const;

 private:
  // One writer: plain stores will do.
  void Move(int by) {
    depth_.store(depth_.load(std::memory_order_relaxed) + by,
                 std::memory_order_relaxed);
    moves_.store(moves_.load(std::memory_order_relaxed) + 1,
                 std::memory_order_relaxed);
  }

  pid_t thread_;
  const ThreadProgress* waits_for_ = nullptr;  // with the lock of all of them
  std::atomic<int> depth_{0};
  std::atomic<std::uint64_t> moves_{0};
};

// Looks at a thread again and again. One watch for each wait.
class BlockedWatch {
 public:
  explicit BlockedWatch(const ThreadProgress& progress) : progress_(progress) {}

  // Between two looks pass 10 ms or so.
  void Look();
  // The GIL was not to be had: the thread may have waited for that.
  void Forget() { since_ = {}; }
  // It has not moved, and waited for another thread at every look, for a
  // second.
  bool blocked() const;

 private:
  using Clock = std::chrono::steady_clock;
  const ThreadProgress& progress_;
  std::uint64_t moves_ = 0;
  Clock::time_point since_;  // epoch: it is not
};

}  // namespace inmem::bridge
