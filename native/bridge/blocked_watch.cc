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

namespace inmem::bridge {
namespace {

constexpr std::chrono::seconds kLimit(1);

}  // namespace

// The kernel tells the number of the system call that a thread sits in;
// "running" where it sits in none.
bool ThreadProgress::WaitsForThread() const {
  std::array<char, 64> path = {};
  std::snprintf(path.data(), path.size(), "/proc/self/task/%d/syscall",
                static_cast<int>(thread_));
  const int fd = open(path.data(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  std::array<char, 32> text = {};
  const ssize_t length = read(fd, text.data(), text.size() - 1);
  close(fd);
  return length > 0 && text[0] != 'r' &&
         std::strtol(text.data(), nullptr, 10) == SYS_futex;
}

void BlockedWatch::Look() {
  const std::uint64_t moves = progress_.moves();
  if (!progress_.in_python() || moves != moves_ ||
      !progress_.WaitsForThread()) {
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
