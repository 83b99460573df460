// native/loader/linking_test.cc: what the dynamic linker does for an object, in
// every tier as on disk.
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "loader/file_bundle_for_test.h"

namespace inmem::loader {
namespace {

using Wish = TierChoice::Wish;

// The object is loaded from a bundle that is a file, in the tier asked for.
class LinkingTest : public testing::FileBundleTest,
                    public ::testing::WithParamInterface<Wish> {
 protected:
  // What `int f()` of the library gives.
  int Run(const std::string& name, const std::string& code,
          const std::string& arguments = "") {
    return RunBytes(name, workshop_.Compile(name, code, arguments));
  }
  int RunBytes(const std::string& name, const std::string& bytes) {
    Choose(GetParam());
    // Another name for each tier: the same bytes are loaded only once.
    const auto number = static_cast<int>(GetParam());
    const auto mount = MountFile(
        name + std::to_string(number) + ".zip",
        {{name,
          bytes + std::string(static_cast<std::size_t>(number) + 1, 'x')}});
    const auto handle = Load(mount, name);
    EXPECT_TRUE(handle.ok()) << handle.status().message();
    if (!handle.ok()) return -1;
    handle_ = handle.value();
    return CallIn(handle_, "f");
  }
  bool IsMapped() const {
    return loader_.loaded().back().tier == Tier::kMapped;
  }

  void* handle_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Tiers, LinkingTest,
                         ::testing::Values(Wish::kMapped, Wish::kMemfd,
                                           Wish::kExtract),
                         [](const auto& tier) {
                           return tier.param == Wish::kMapped  ? "mapped"
                                  : tier.param == Wish::kMemfd ? "memfd"
                                                               : "extract";
                         });

// Each model has a variable with a value, one without, in two threads.
const char kThreadLocal[] = R"(
  static __thread int set = 20; __thread int zero;
  int f() { return ++set + ++zero; })";

TEST_P(LinkingTest, GeneralDynamicTls) {
  EXPECT_EQ(Run("gd.so", kThreadLocal), 22);
  int other = 0;
  std::thread([&] { other = CallIn(handle_, "f"); }).join();
  EXPECT_EQ(other, 22);
  EXPECT_EQ(CallIn(handle_, "f"), 24);
}

TEST_P(LinkingTest, TlsDescriptors) {
#if defined(__x86_64__)
  EXPECT_EQ(Run("desc.so", kThreadLocal, "-mtls-dialect=gnu2"), 22);
#else
  EXPECT_EQ(Run("desc.so", kThreadLocal), 22);
#endif
  int other = 0;
  std::thread([&] { other = CallIn(handle_, "f"); }).join();
  EXPECT_EQ(other, 22);
}

TEST_P(LinkingTest, InitialExecTls) {
  EXPECT_EQ(Run("ie.so", kThreadLocal, "-ftls-model=initial-exec"), 22);
  int other = 0;
  std::thread([&] { other = CallIn(handle_, "f"); }).join();
  EXPECT_EQ(other, 22);
}

TEST_P(LinkingTest, BoundAtOnceAndLate) {
  const std::string code =
      "#include <stdlib.h>\n int f() { return abs(-5) + atoi(\"6\"); }";
  EXPECT_EQ(Run("now.so", code, "-Wl,-z,now"), 11);
  EXPECT_EQ(Run("late.so", code, "-Wl,-z,lazy"), 11);
}

TEST_P(LinkingTest, PackedRelocations) {
  const std::string code =
      "static int a[400]; int *p[400] = {[0 ... 399] = &a[7]};"
      "int f() { a[7] = 9; return *p[0] + *p[399]; }";
  EXPECT_EQ(Run("relr.so", code, "-Wl,-z,pack-relative-relocs"), 18);
}

#if defined(__x86_64__)
TEST_P(LinkingTest, TextRelocations) {
  EXPECT_EQ(Run("text.so", R"(
      int value = 12;
      __asm__(".text\n .globl f\n .type f,@function\n"
              "f: movabs $value, %rax\n mov (%rax), %eax\n ret\n");)",
                "-Wl,-z,notext"),
            12);
  EXPECT_FALSE(IsMapped());
}
#endif

TEST_P(LinkingTest, Resolvers) {
  EXPECT_EQ(Run("ifunc.so", R"(
      static int right() { return 10; }
      static int (*resolve())() { return right; }
      int chosen() __attribute__((ifunc("resolve")));
      int (*pointer)() = chosen;
      int f() { return chosen() + pointer(); })"),
            20);
  EXPECT_FALSE(IsMapped());
}

// Sections that are laid out as lld and patchelf lay them out.
TEST_P(LinkingTest, OneSegmentForAll) {
  EXPECT_EQ(Run("omagic.so", "int d = 3; int f() { return d; }",
                "-Wl,-z,noseparate-code"),
            3);
}

TEST_P(LinkingTest, LargeZeroedData) {
  EXPECT_EQ(Run("bss.so", R"(
      static char zero[3 << 20]; int f() {
        int sum = 0; for (int i = 0; i < sizeof zero; i += 4096) sum += zero[i];
        zero[sizeof zero - 1] = 7; return sum + zero[sizeof zero - 1]; })"),
            7);
}

// The stack's protection is the process's own business, and not made worse.
TEST_P(LinkingTest, TheStackStaysAsItIs) {
  EXPECT_EQ(Run("stack.so", "int f() { return 1; }"), 1);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("[stack]") == std::string::npos) continue;
    EXPECT_NE(line.find("rw-p"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace inmem::loader
