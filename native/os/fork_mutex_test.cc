// native/os/fork_mutex_test.cc: fork while others hold the lock.
#include "os/fork_mutex.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace inmem::os {
namespace {

constexpr unsigned kSecondsToHang = 20;

ForkMutex& TheMutex() {
  static auto* mutex = new ForkMutex;
  return *mutex;
}

// What a child ends with: 0 from `check`; SIGALRM where it hangs.
template <typename Check>
int InChild(const Check& check) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(kSecondsToHang);
    ::_exit(check() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

bool CanLock() {
  const std::lock_guard lock(TheMutex());
  return true;
}

TEST(ForkMutex, IsFreeInAChildThoughAnotherThreadHoldsItForLong) {
  std::atomic<bool> held = false;
  std::atomic<bool> stop = false;
  std::thread holder([&] {
    const std::lock_guard lock(TheMutex());
    held = true;
    while (!stop) std::this_thread::yield();
  });
  while (!held) std::this_thread::yield();
  EXPECT_EQ(InChild(CanLock), 0);
  EXPECT_FALSE(TheMutex().try_lock());  // in the parent it is as it was
  stop = true;
  holder.join();
  EXPECT_TRUE(TheMutex().try_lock());
  TheMutex().unlock();
}

TEST(ForkMutex, IsFreeInAChildOfItsHolder) {
  TheMutex().lock();
  EXPECT_EQ(InChild([] {
              TheMutex().unlock();  // the rest of what forked
              return CanLock();
            }),
            0);
  TheMutex().unlock();
}

// Those who hold it for a moment are waited for: what it guards is whole.
TEST(ForkMutex, AChildSeesNothingHalfDone) {
  volatile int one = 0;
  volatile int other = 0;
  std::atomic<bool> stop = false;
  std::thread changer([&] {
    while (!stop) {
      {
        const std::lock_guard lock(TheMutex());
        one = one + 1;
        std::this_thread::yield();
        other = other + 1;
      }
      // A mutex is not fair: who forks must get it in its time.
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  });
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(InChild([&] { return one == other; }), 0);
  }
  stop = true;
  changer.join();
}

}  // namespace
}  // namespace inmem::os
