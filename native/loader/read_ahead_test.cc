// native/loader/read_ahead_test.cc: objects that are read on other threads.
#include "loader/read_ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "loader/file_bundle_for_test.h"

namespace inmem::loader {
namespace {

ReadAhead::Read Giving(const std::string& reason) {
  return [reason]() -> Result<ObjectBytes> {
    ObjectBytes bytes;
    bytes.reason = reason;
    return bytes;
  };
}

TEST(ReadAhead, GivesWhatWasReadOnceToEachName) {
  ReadAhead ahead(2);
  for (int i = 0; i < 20; ++i) {
    ahead.Ask(std::to_string(i), 1, Giving("r" + std::to_string(i)));
  }
  for (int i = 19; i >= 0; --i) {
    const std::string name = std::to_string(i);
    EXPECT_TRUE(ahead.Has(name));
    auto result = ahead.Take(name);
    // Nobody may have begun: then it is the caller's.
    if (result) EXPECT_EQ(result->value().reason, "r" + name);
    EXPECT_FALSE(ahead.Has(name));
    EXPECT_FALSE(ahead.Take(name));
  }
}

TEST(ReadAhead, WaitsForWhatHasBegunAndGivesItsError) {
  ReadAhead ahead(1);
  std::atomic<bool> begun = false;
  std::atomic<bool> goes_on = false;
  ahead.Ask("x", 1, [&]() -> Result<ObjectBytes> {
    begun = true;
    while (!goes_on) std::this_thread::yield();
    return Status(ErrorCode::kBadCrc, "x is damaged");
  });
  while (!begun) std::this_thread::yield();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    goes_on = true;
  });
  const auto result = ahead.Take("x");
  later.join();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status().code(), ErrorCode::kBadCrc);
}

TEST(ReadAhead, WithoutThreadsNothingIsRead) {
  ReadAhead ahead(0);
  ahead.Ask("x", 1, Giving("x"));
  EXPECT_FALSE(ahead.Has("x"));
  EXPECT_FALSE(ahead.Take("x"));
}

TEST(ReadAhead, DoesNotHoldMoreThanSomeMemory) {
  ReadAhead ahead(1);
  ahead.Ask("a", std::uint64_t{200} << 20, Giving("a"));
  ahead.Ask("b", std::uint64_t{100} << 20, Giving("b"));
  ahead.Ask("c", UINT64_MAX, Giving("c"));
  EXPECT_TRUE(ahead.Has("a"));
  EXPECT_FALSE(ahead.Has("b"));
  EXPECT_FALSE(ahead.Has("c"));
  (void)ahead.Take("a");
  ahead.Ask("b", std::uint64_t{100} << 20, Giving("b"));
  EXPECT_TRUE(ahead.Has("b"));
}

TEST(ReadAhead, ItsThreadsTakeNoSignals) {
  ReadAhead ahead(1);
  std::atomic<int> blocked = -1;
  ahead.Ask("x", 1, [&]() -> Result<ObjectBytes> {
    sigset_t mask;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    blocked = sigismember(&mask, SIGINT) + sigismember(&mask, SIGCHLD);
    return ObjectBytes();
  });
  while (blocked < 0) std::this_thread::yield();
  EXPECT_EQ(blocked, 2);
}

class InflatedClosureTest : public testing::FileBundleTest {
 protected:
  // f() of x.so is the sum of those of eight libraries.
  std::shared_ptr<const vfs::Mount> Bundle(const std::string& name,
                                           bool damaged = false) {
    Entries entries;
    std::string code;
    std::string sum = "0";
    std::string links = "-L.";
    for (int i = 0; i < 8; ++i) {
      const std::string library = "lib" + name + std::to_string(i) + ".so";
      const std::string function = name + std::to_string(i);
      const std::string text = workshop_.Compile(
          library,
          "static const char large[200000] = {1}; int " + function +
              "(int n) { return large[n] + " + std::to_string(i) + "; }",
          "-Wl,-soname," + library);
      entries.emplace_back("l/" + library, text);
      code += "int " + function + "(int);";
      sum += "+" + function + "(0)";
      links += " -l:" + library;
    }
    entries.emplace_back(
        "l/x.so",
        workshop_.Compile(name + "x.so",
                          code + "int f() { return " + sum + "; }", links));
    if (damaged) entries[5].second.resize(100);
    return MountFile(name + ".zip", entries, true, 8);
  }
};

TEST_F(InflatedClosureTest, IsTheSameWithAnyNumberOfThreads) {
  std::string name = "a";
  for (const std::size_t threads : {0U, 1U, 3U}) {
    Policy policy;
    policy.threads = threads;
    loader_.SetPolicy(policy);
    EXPECT_EQ(Call(Bundle(name), "l/x.so", "f"), 8 + 28);
    // Needs come first, in the order of DT_NEEDED.
    const auto loaded = loader_.loaded();
    ASSERT_GE(loaded.size(), 9U);
    for (std::size_t i = 0; i < 8; ++i) {
      EXPECT_EQ(loaded[loaded.size() - 9 + i].soname,
                "lib" + name + std::to_string(i) + ".so");
    }
    ++name[0];
  }
}

TEST_F(InflatedClosureTest, ADamagedOneIsTheErrorThatItIs) {
  std::string name = "p";
  for (const std::size_t threads : {0U, 3U}) {
    Policy policy;
    policy.threads = threads;
    loader_.SetPolicy(policy);
    const auto mount = Bundle(name, true);
    std::string label = name;
    label.append(".zip!/l/lib").append(name).append("5.so: ");
    ExpectFailure(Load(mount, "l/x.so"), ErrorCode::kBadElf, {label});
    ++name[0];
  }
}

}  // namespace
}  // namespace inmem::loader
