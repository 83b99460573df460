// native/loader/linker_parity_test.cc: what ld.so does for an object is done
// for one that it knows by its outline, too.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <vector>

#include "base/sanitizers_for_test.h"
#include "loader/file_bundle_for_test.h"

namespace inmem::loader {
namespace {

// Each test runs in a process of its own for each way: what it loads is there
// for good, and the end of the process is part of it.
class LinkerParityTest : public testing::FileBundleTest {
 protected:
  // The exit status is what `use` gives, after all destructors.
  template <typename Use>
  void ExpectBothWays(int expected, Use use) {
    for (const auto wish :
         {TierChoice::Wish::kMemfd, TierChoice::Wish::kAuto}) {
      EXPECT_EXIT(
          {
            Choose(wish);
            std::exit(use());  // NOLINT(concurrency-mt-unsafe)
          },
          ::testing::ExitedWithCode(expected), "");
    }
  }
  int CallOf(const Entries& entries, const char* function = "f") {
    return Call(MountFile("parity.zip", entries), entries.front().first,
                function);
  }
};

TEST_F(LinkerParityTest, ResolversMayCallNeeds) {
  const auto need = workshop_.Compile(
      "libd32.so",
      "#include <stdlib.h>\n"
      "int d32() { return getenv(\"NOT_THERE_32\") == 0 ? 3 : 4; }");
  const auto code =
      "int d32(); static int one() { return 7; } static int two() { return "
      "8; } static int (*pick())() { return d32() == 3 ? one : two; } "
      "int g() __attribute__((ifunc(\"pick\"))); int f() { return g(); }";
  const auto user =
      workshop_.Compile("x.so", code, "-L. -l:libd32.so -Wl,-z,now");
  ExpectBothWays(7,
                 [&] { return CallOf({{"x.so", user}, {"libd32.so", need}}); });
}

TEST_F(LinkerParityTest, HighAddresses) {
  const auto compile = [this](const std::string& name) {
    return workshop_.Compile(name,
                             "#include <stdlib.h>\nint own = 3; int *p = &own; "
                             "int f() { return *p + abs(-1); } int " +
                                 name.substr(0, 1) + "33;",
                             "-Wl,-Ttext-segment=0x500000000000");
  };
  const auto a = compile("a.so");
  const auto b = compile("b.so");
  ExpectBothWays(8, [&] {
    const auto mount = MountFile("33.zip", {{"a.so", a}, {"b.so", b}});
    const int sum = Call(mount, "a.so", "f") + Call(mount, "b.so", "f");
    for (const LoadedObject& object : loader_.loaded()) {
      if (object.memory_bytes > (1U << 20)) return 1;
    }
    return sum;
  });
}

TEST_F(LinkerParityTest, Filters) {
  workshop_.Compile("libreal35.so", "int f() { return 5; }");
  const auto absent = workshop_.Compile("a.so", "int f() { return 4; }",
                                        "-Wl,-f,libnowhere34.so");
  const auto filter =
      workshop_.Compile("b.so", "int f() { return 4; }",
                        "-Wl,-F," + workshop_.Path("libreal35.so"));
  ExpectBothWays(4, [&] { return CallOf({{"a.so", absent}}); });
  ExpectBothWays(5, [&] { return CallOf({{"b.so", filter}}); });
}

TEST_F(LinkerParityTest, ThreadLocalsThatOthersMadeGlobal) {
  workshop_.Compile("host36.so", "__thread int tls36 = 6;");
  const auto user = workshop_.Compile(
      "a.so", "extern __thread int tls36; int f() { return ++tls36; }");
  ExpectBothWays(7, [&] {
    ::dlopen(workshop_.Path("host36.so").c_str(), RTLD_NOW | RTLD_GLOBAL);
    return CallOf({{"a.so", user}});
  });
}

TEST_F(LinkerParityTest, MadeGlobalLater) {
  const auto compile = [this](const std::string& name) {
    return workshop_.Compile(name,
                             "__attribute__((weak)) int later37(); int f() { "
                             "return later37 ? later37() : 1; } int " +
                                 name.substr(0, 1) + "37;");
  };
  workshop_.Compile("host37.so", "int later37() { return 7; }");
  const auto a = compile("a.so");
  const auto b = compile("b.so");
  const std::string host = workshop_.Path("host37.so");
  ExpectBothWays(17, [&] {
    const auto mount = MountFile("37.zip", {{"a.so", a}, {"b.so", b}});
    ::dlopen(host.c_str(), RTLD_NOW | RTLD_LOCAL);
    const int before = Call(mount, "a.so", "f");
    ::dlopen(host.c_str(), RTLD_NOW | RTLD_GLOBAL);
    return before * 10 + Call(mount, "b.so", "f");
  });
}

// Its need is bound, and was never constructed.
TEST_F(LinkerParityTest, OnlyWhatWasConstructedIsDestructed) {
  const auto need = workshop_.Compile(
      "libneed31.so",
      "#include <unistd.h>\n"
      "int need31() { return 1; }"
      "__attribute__((destructor)) static void end() { _exit(33); }");
  const auto user = workshop_.Compile(
      "x.so",
      "int need31(); int missing31(); int f() { return need31() + missing31(); "
      "}",
      "-L. -l:libneed31.so");
  EXPECT_EXIT(
      {
        const auto mount =
            MountFile("31.zip", {{"x.so", user}, {"libneed31.so", need}});
        if (Load(mount, "x.so").ok()) std::_Exit(4);
        std::exit(0);  // NOLINT(concurrency-mt-unsafe)
      },
      ::testing::ExitedWithCode(0), "");
}

// Uses up what mappings the process may have, but for some, as long as it
// lives.
class FewMappings {
 public:
  explicit FewMappings(std::size_t left) {
    std::size_t limit = 0;
    std::ifstream("/proc/sys/vm/max_map_count") >> limit;
    if (limit == 0 || limit > 200'000) return;
    mappings_.reserve(limit);
    for (;;) {
      // Of two kinds by turns: the kernel would join others.
      const int protection = mappings_.size() % 2 == 0 ? PROT_READ : PROT_NONE;
      void* mapping = ::mmap(nullptr, page_, protection,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (mapping == MAP_FAILED) break;
      mappings_.push_back(mapping);
    }
    for (std::size_t i = 0; i < left && !mappings_.empty(); ++i) Free();
  }
  ~FewMappings() {
    while (!mappings_.empty()) Free();
  }
  FewMappings(const FewMappings&) = delete;
  FewMappings& operator=(const FewMappings&) = delete;

  // False where the host allows too many to use them up.
  bool is_scarce() const { return !mappings_.empty(); }

 private:
  void Free() {
    ::munmap(mappings_.back(), page_);
    mappings_.pop_back();
  }

  std::size_t page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<void*> mappings_;
};

// At each point the error is told, and the process ends as it wants to.
TEST_F(LinkerParityTest, CirclesThatCannotBeMapped) {
  if (inmem::testing::kHasSanitizerMalloc) {
    // It ends the process where it gets no mapping.
    GTEST_SKIP() << "wants the host's malloc";
  }
  const std::string one = "libone-of-a-long-name-38.so";
  const std::string two = "libtwo-of-a-long-name-38.so";
  const std::string end =
      "__attribute__((destructor)) static void end() { volatile int x = 0; "
      "x++; }";
  workshop_.Compile(one, "int one38() { return 1; }");
  const auto second = workshop_.Compile(
      two, "int one38(); int two38() { return 17 + one38(); }" + end,
      "-L. -l:" + one);
  const auto first = workshop_.Compile(
      one,
      "int two38(); int one38() { return 1; } int f() { return two38(); }" +
          end,
      "-L. -l:" + two);
  const auto mount = MountFile("38.zip", {{one, first}, {two, second}});
  for (std::size_t left = 0; left < 24; left += 2) {
    EXPECT_EXIT(
        {
          {
            const FewMappings few(left);
            if (!few.is_scarce()) std::_Exit(77);
            (void)Load(mount, one);
          }
          std::exit(0);  // NOLINT(concurrency-mt-unsafe)
        },
        [](int status) {
          return ::testing::ExitedWithCode(0)(status) ||
                 ::testing::ExitedWithCode(77)(status);
        },
        "")
        << left << " mappings left";
  }
}

}  // namespace
}  // namespace inmem::loader
