// native/loader/waiting_test.cc: while another thread's constructor runs.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "loader/bundle_for_test.h"

namespace inmem::loader {
namespace {

constexpr unsigned kSecondsToHang = 20;

// What constructors want, and who loads may hold: as Python's GIL.
std::mutex& Gil() {
  static auto* mutex = new std::mutex;
  return *mutex;
}
thread_local bool has_gil = false;
std::atomic<bool> is_constructing = false;
std::atomic<bool> may_end = false;
std::atomic<int> times_left = 0;

void TakeGil() {
  Gil().lock();
  has_gil = true;
}

void LeaveGil() {
  has_gil = false;
  Gil().unlock();
}

// In the place of getppid(), which the constructor calls.
int InConstructor() {
  is_constructing = true;
  while (!may_end) std::this_thread::yield();
  TakeGil();
  LeaveGil();
  return 0;
}

class WaitingTest : public testing::LoaderTest {
 protected:
  WaitingTest() {
    is_constructing = may_end = false;
    times_left = 0;
    loader_.Redirect("getppid", reinterpret_cast<void*>(&InConstructor));
    const std::string slow = workshop_.Compile(
        "slow.so",
        "#include <unistd.h>\n__attribute__((constructor)) static void begin() "
        "{ getppid(); } int f() { return 1; }");
    const std::string quick =
        workshop_.Compile("quick.so", "int f() { return 2; }");
    mount_ = Mount({{"slow.so", slow}, {"quick.so", quick}});
    slow_ = std::thread([this] { EXPECT_TRUE(Load(mount_, "slow.so").ok()); });
    while (!is_constructing) std::this_thread::yield();
  }
  ~WaitingTest() override {
    may_end = true;
    if (slow_.joinable()) slow_.join();
  }

  std::shared_ptr<const vfs::Mount> mount_;
  std::thread slow_;
};

TEST_F(WaitingTest, WhoWaitsLetsGoWhatTheConstructorWants) {
  Loader::LetGoWhileWaiting({.leave = []() -> void* {
                               if (!has_gil) return nullptr;
                               ++times_left;
                               LeaveGil();
                               return &Gil();
                             },
                             .come_back =
                                 [](void* left) {
                                   EXPECT_EQ(left, &Gil());
                                   TakeGil();
                                 }});
  ::alarm(kSecondsToHang);
  TakeGil();
  may_end = true;  // and now it wants the GIL
  EXPECT_EQ(Call(mount_, "quick.so", "f"), 2);
  EXPECT_TRUE(has_gil);
  EXPECT_GE(times_left, 1);
  LeaveGil();
  slow_.join();
  // Who has nothing to let go waits as ever.
  EXPECT_EQ(Call(mount_, "slow.so", "f"), 1);
  ::alarm(0);
}

TEST_F(WaitingTest, WhoMustNotWaitIsToldThatItWouldHaveTo) {
  const std::string path = mount_->point() + "/slow.so";
  EXPECT_EQ(loader_.TryCountViolations(path), std::nullopt);
  may_end = true;
  slow_.join();
  EXPECT_EQ(loader_.TryCountViolations(path), 0U);
}

TEST_F(WaitingTest, AChildOfForkLoads) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(kSecondsToHang);
    const auto handle = Load(mount_, "quick.so");
    ::_exit(handle.ok() ? CallIn(handle.value(), "f") : 100);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_FALSE(WIFSIGNALED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 2);
}

}  // namespace
}  // namespace inmem::loader
