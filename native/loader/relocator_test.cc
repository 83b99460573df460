// native/loader/relocator_test.cc: objects that ld.so knows by their outline.
#include <cstdlib>
#include <sstream>

#include "loader/file_bundle_for_test.h"
#include "os/mapping.h"

namespace inmem::loader {
namespace {

class RelocatorTest : public testing::FileBundleTest {
 protected:
  LoadedObject Report(const std::string& name) {
    for (const LoadedObject& object : loader_.loaded()) {
      if (object.path.ends_with("/" + name)) return object;
    }
    ADD_FAILURE() << name << " is not loaded";
    return {};
  }
  bool IsOurs(const std::string& name) {
    const LoadedObject report = Report(name);
    return report.tier == Tier::kMapped &&
           report.reason.find("relocated by") == std::string::npos;
  }
  // Lines of /proc/self/maps within [begin, end).
  static std::vector<std::string> MapsWithin(std::uintptr_t begin,
                                             std::uintptr_t end) {
    std::vector<std::string> lines;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      std::istringstream words(line);
      std::uintptr_t from = 0;
      words >> std::hex >> from;
      if (from >= begin && from < end) lines.push_back(line);
    }
    return lines;
  }
};

constexpr const char* kEverything = R"(
  #include <stdlib.h>
  int own = 1; static int hidden = 2; int *pointer = &own;
  static int *to_hidden[1200] = {[1100] = &hidden};
  int zeros[5000]; __thread int local = 4; __thread int unset;
  __attribute__((weak)) int nowhere();
  __attribute__((visibility("protected"))) int protect() { return 8; }
  int (*const kept)() = protect;
  static int seen; __attribute__((constructor)) void init() { seen = own; }
  int g() { return 16; }
  int f() {
    return *pointer + *to_hidden[1100] + zeros[4999] + local + unset +
           (nowhere != 0) + kept() + g() + (seen - 1) + abs(0);
  })";

TEST_F(RelocatorTest, EveryKindOfReference) {
  const auto mount = MountFile(
      "1.zip", {{"x.so", workshop_.Compile("x.so", kEverything,
                                           "-Wl,-z,now -Wl,-z,relro")}});
  EXPECT_EQ(Call(mount, "x.so", "f"), 1 + 2 + 4 + 8 + 16);
  EXPECT_TRUE(IsOurs("x.so"));
  const LoadedObject report = Report("x.so");
  EXPECT_LT(report.copied_bytes, 2 * os::PageSize());
  EXPECT_EQ(loader_.CountViolations(report.path), 0U);
  // All but the page of the dynamic table is the bundle's file or zeros, and
  // none is writable code. That page and the slots beside it are read-only.
  bool has_read_only_data = false;
  int copied = 0;
  for (const std::string& line :
       MapsWithin(report.base, report.base + report.memory_bytes)) {
    EXPECT_EQ(line.find(" rwx"), std::string::npos) << line;
    if (line.find("memfd") == std::string::npos) continue;
    ++copied;
    has_read_only_data |= line.find(" r--p") != std::string::npos;
  }
  EXPECT_EQ(copied, 1);
  EXPECT_TRUE(has_read_only_data);
}

TEST_F(RelocatorTest, PackedRelativeRelocations) {
  const auto mount = MountFile(
      "2.zip", {{"x.so", workshop_.Compile("x.so", kEverything,
                                           "-Wl,-z,pack-relative-relocs")}});
  EXPECT_EQ(Call(mount, "x.so", "f"), 31);
  EXPECT_TRUE(IsOurs("x.so"));
}

// What only ld.so can do is left to it, and the report tells why.
TEST_F(RelocatorTest, LeavesTheRestToTheLinker) {
  const std::string code =
      "extern __thread int set; __thread int set = 20; int f() { return set; }";
  const auto mount = MountFile(
      "3.zip", {{"ie.so", workshop_.Compile("ie.so", code,
                                            "-ftls-model=initial-exec")}});
  EXPECT_EQ(Call(mount, "ie.so", "f"), 20);
  EXPECT_EQ(Report("ie.so").tier, Tier::kMapped);
  EXPECT_NE(
      Report("ie.so").reason.find("relocated by the dynamic linker: it has"),
      std::string::npos)
      << Report("ie.so").reason;
}

TEST_F(RelocatorTest, LazilyBoundOnesAreTheLinkers) {
  const auto bytes =
      workshop_.Compile("x.so",
                        "int missing14(); int g() { return missing14(); } "
                        "int f() { return 14; }",
                        "-Wl,-z,lazy");
  const auto mount = MountFile("4.zip", {{"x.so", bytes}});
  EXPECT_EQ(Call(mount, "x.so", "f", RTLD_LAZY), 14);
  EXPECT_GT(Report("x.so").copied_bytes, os::PageSize() / 4);
}

TEST_F(RelocatorTest, UndefinedSymbolsAreNamed) {
  const auto bytes = workshop_.Compile(
      "x.so",
      "#include <unistd.h>\n"
      "int missing15(); int f() { return missing15(); }"
      "__attribute__((destructor)) static void end() { _exit(3); }");
  const auto mount = MountFile("5.zip", {{"x.so", bytes}});
  for (int i = 0; i < 2; ++i) {
    ExpectFailure(Load(mount, "x.so"), ErrorCode::kUndefinedSymbol,
                  {"5.zip!/x.so", "missing15"});
  }
}

// Nor do destructors of what was never bound run at the end.
TEST_F(RelocatorTest, WhatCouldNotBeBoundIsNotDestructed) {
  const auto bytes = workshop_.Compile(
      "x.so",
      "#include <unistd.h>\n"
      "int missing16(); int f() { return missing16(); }"
      "__attribute__((destructor)) static void end() { _exit(3); }");
  EXPECT_EXIT(
      {
        const auto mount = MountFile("6.zip", {{"x.so", bytes}});
        if (Load(mount, "x.so").ok()) std::_Exit(4);
        std::exit(0);  // NOLINT(concurrency-mt-unsafe)
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(RelocatorTest, DestructorsOfTheOthersRun) {
  const auto bytes = workshop_.Compile(
      "x.so",
      "#include <unistd.h>\nint f() { return 17; }"
      "__attribute__((destructor)) static void end() { _exit(17); }");
  EXPECT_EXIT(
      {
        const auto mount = MountFile("7.zip", {{"x.so", bytes}});
        if (!Load(mount, "x.so").ok()) std::_Exit(4);
        std::exit(0);  // NOLINT(concurrency-mt-unsafe)
      },
      ::testing::ExitedWithCode(17), "");
}

// A library that has no DT_NEEDED of its sibling, and calls it.
TEST_F(RelocatorTest, UnderLinkedFunctions) {
  const auto under = workshop_.Compile(
      "libu18.so", "int sibling18(); int under() { return sibling18(); }");
  const auto helper =
      workshop_.Compile("libh18.so", "int sibling18() { return 18; }");
  const auto user = workshop_.Compile(
      "user.so", "int under(); int user() { return under(); }",
      "-L. -Wl,--no-as-needed -l:libu18.so -l:libh18.so");
  const auto mount = MountFile(
      "8.zip",
      {{"user.so", user}, {"libu18.so", under}, {"libh18.so", helper}});
  EXPECT_EQ(Call(mount, "user.so", "user"), 18);
  EXPECT_TRUE(IsOurs("libu18.so"));
}

TEST_F(RelocatorTest, Circles) {
  workshop_.Compile("liba-of-a-circle.so", "int a19() { return 1; }");
  const auto b = workshop_.Compile(
      "libb-of-a-circle.so",
      "int a19(); int b19() { return 18; } int sum() { return a19() + b19(); }",
      "-L. -l:liba-of-a-circle.so");
  const auto a = workshop_.Compile(
      "liba-of-a-circle.so",
      "int b19(); int a19() { return 1; } int f() { return b19() + a19(); }",
      "-L. -l:libb-of-a-circle.so");
  const auto mount = MountFile(
      "9.zip", {{"liba-of-a-circle.so", a}, {"libb-of-a-circle.so", b}});
  EXPECT_EQ(Call(mount, "liba-of-a-circle.so", "f"), 19);
  EXPECT_EQ(Call(mount, "libb-of-a-circle.so", "sum"), 19);
  EXPECT_TRUE(IsOurs("liba-of-a-circle.so"));
}

// "Once in the process" also beside an object that ld.so has relocated.
TEST_F(RelocatorTest, UniqueSymbolsAreOne) {
  const std::string code = R"(
      template <int> struct Once { static int value; };
      template <int kNumber> int Once<kNumber>::value = 0;
      extern "C" int f() { return ++Once<20>::value; })";
  const auto first = workshop_.CompileCxx("one.so", code);
  const auto second = workshop_.CompileCxx("two.so", code + " int g20;");
  const auto mapped = MountFile("10.zip", {{"one.so", first}});
  const auto copied = Mount({{"two.so", second}});
  EXPECT_EQ(Call(mapped, "one.so", "f"), 1);
  EXPECT_EQ(Call(copied, "two.so", "f"), 2);
  const auto third = MountFile(
      "11.zip",
      {{"three.so", workshop_.CompileCxx("three.so", code + " int h20;")}});
  EXPECT_EQ(Call(third, "three.so", "f"), 3);
  EXPECT_TRUE(IsOurs("one.so") && IsOurs("three.so"));
}

// What a program or another library has opened RTLD_GLOBAL from disk.
TEST_F(RelocatorTest, WhatOthersMadeGlobal) {
  workshop_.Compile("host21.so", "int only_host21() { return 21; }");
  ASSERT_NE(
      ::dlopen(workshop_.Path("host21.so").c_str(), RTLD_NOW | RTLD_GLOBAL),
      nullptr);
  const auto code = [](const std::string& more) {
    return more + " int only_host21(); int f() { return only_host21(); }";
  };
  const auto mount =
      MountFile("12.zip", {{"x.so", workshop_.Compile("x.so", code(""))}});
  EXPECT_EQ(Call(mount, "x.so", "f"), 21);
  EXPECT_TRUE(IsOurs("x.so"));
}

// A weak reference is null, until something defines it for those who come
// later.
TEST_F(RelocatorTest, AbsenceIsNotForEver) {
  const auto library = [this](const std::string& name) {
    return workshop_.Compile(
        name,
        "__attribute__((weak)) int later22(); int f() { return later22 "
        "? later22() : -1; } int " +
            name.substr(0, 3) + ";");
  };
  const auto mount = MountFile(
      "13.zip", {{"abc.so", library("abc.so")}, {"xyz.so", library("xyz.so")}});
  EXPECT_EQ(Call(mount, "abc.so", "f"), -1);
  workshop_.Compile("host22.so", "int later22() { return 22; }");
  ASSERT_NE(
      ::dlopen(workshop_.Path("host22.so").c_str(), RTLD_NOW | RTLD_GLOBAL),
      nullptr);
  EXPECT_EQ(Call(mount, "xyz.so", "f"), 22);
}

}  // namespace
}  // namespace inmem::loader
