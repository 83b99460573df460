// native/loader/binder_test.cc: references that something else would capture.
#include <algorithm>
#include <sstream>

#include "loader/file_bundle_for_test.h"

namespace inmem::loader {
namespace {

// What Node is to a wheel: an object of the global scope, opened from disk,
// that defines what the wheel defines.
// Relocated by ld.so and then bound anew (a copy in memory), or by us
// (mapped; relocator.h).
class BinderTest : public testing::FileBundleTest,
                   public ::testing::WithParamInterface<bool> {
 protected:
  static bool IsOurs() { return GetParam(); }
  std::shared_ptr<const vfs::Mount> MountEither(const Entries& entries) {
    static int number = 0;
    if (!IsOurs()) return FileBundleTest::Mount(entries);
    return MountFile("b" + std::to_string(++number) + ".zip", entries);
  }
  void OpenHost(const std::string& name, const std::string& code,
                const std::string& arguments = "") {
    workshop_.Compile(name, code, arguments);
    ASSERT_NE(::dlopen(workshop_.Path(name).c_str(), RTLD_NOW | RTLD_GLOBAL),
              nullptr)
        << ::dlerror();
  }
  LoadedObject Report(const std::string& name) {
    for (const LoadedObject& object : loader_.loaded()) {
      if (object.path.ends_with("/" + name)) return object;
    }
    ADD_FAILURE() << name << " is not loaded";
    return {};
  }
  std::uint64_t Violations(const std::string& name) {
    return loader_.CountViolations(Report(name).path);
  }
};

INSTANTIATE_TEST_SUITE_P(Ways, BinderTest, ::testing::Bool(),
                         [](const auto& way) {
                           return way.param ? "ours" : "linker";
                         });

TEST_P(BinderTest, OwnFunctionsThatTheHostHasToo) {
  OpenHost("host1.so", "int own1() { return -1; } int data1 = -10;");
  const auto bytes = workshop_.Compile(
      "x.so",
      "int own1() { return 1; } int data1 = 10; int *pointer = &data1;"
      "int (*function)() = own1;"
      "int f() { return own1() + data1 + *pointer + function(); }");
  const auto mount = MountEither({{"x.so", bytes}});
  EXPECT_EQ(Call(mount, "x.so", "f"), 22);
  const LoadedObject report = Report("x.so");
  EXPECT_EQ(Violations("x.so"), 0U);
  if (IsOurs()) return;  // never bound to the host at all
  EXPECT_GE(report.rebindings.size(), 4U);
  EXPECT_TRUE(std::any_of(
      report.rebindings.begin(), report.rebindings.end(),
      [](const Rebinding& rebinding) { return rebinding.symbol == "own1"; }));
  EXPECT_EQ(report.rebindings[0].to, report.path);
}

// Under full RELRO the table of references is read-only by then, and again
// afterwards.
TEST_P(BinderTest, ReadOnlyAfterRelocationStaysSo) {
  OpenHost("host2.so", "int own2() { return -1; }");
  const auto mount = MountEither(
      {{"x.so",
        workshop_.Compile("x.so",
                          "int own2() { return 2; } int (*const table[600])() ="
                          " {own2, own2}; int f() { return own2() + "
                          "table[1](); } const void *where() { return table; }",
                          "-Wl,-z,now -Wl,-z,relro")}});
  EXPECT_EQ(Call(mount, "x.so", "f"), 4);
  const auto handle = Load(mount, "x.so");
  const auto* where =
      reinterpret_cast<const void* (*)()>(::dlsym(handle.value(), "where"))();
  std::ifstream maps("/proc/self/maps");
  bool is_found = false;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    std::string mode;
    words >> std::hex >> begin >> dash >> end >> mode;
    const auto address = reinterpret_cast<std::uintptr_t>(where);
    if (address < begin || address >= end) continue;
    is_found = true;
    EXPECT_EQ(mode, "r--p") << line;
  }
  EXPECT_TRUE(is_found);
}

TEST_P(BinderTest, ReferencesToALibraryOfTheBundle) {
  OpenHost("host3.so", "int lib3() { return -1; }");
  const auto library = workshop_.Compile("lib3.so", "int lib3() { return 3; }",
                                         "-Wl,-soname,lib3-abc.so");
  const auto user = workshop_.Compile(
      "user.so", "int lib3(); int user() { return lib3(); }", "-L. -l:lib3.so");
  const auto mount = MountEither({{"user.so", user}, {"lib3-abc.so", library}});
  EXPECT_EQ(Call(mount, "user.so", "user"), 3);
  EXPECT_EQ(Report("user.so").rebindings.size(), IsOurs() ? 0U : 1U);
  EXPECT_EQ(Violations("user.so") + Violations("lib3-abc.so"), 0U);
}

// gnutls does so with gmp's.
TEST_P(BinderTest, PointersThatTheProgramChangesAreNoViolations) {
  OpenHost("host20.so", "int own20() { return -1; }");
  const auto library =
      workshop_.Compile("lib20.so",
                        "int own20() { return 20; } int (*hook20)() = own20;"
                        "int call20() { return hook20(); }",
                        "-Wl,-soname,lib20.so");
  const auto user = workshop_.Compile(
      "user.so",
      "extern int (*hook20)(); int call20(); static int mine() { return 5; }"
      "__attribute__((constructor)) static void set() { hook20 = mine; }"
      "int user() { return call20(); }"
      "void hook(int (*function)()) { hook20 = function; }",
      "-L. -l:lib20.so");
  const auto mount = MountEither({{"user.so", user}, {"lib20.so", library}});
  EXPECT_EQ(Call(mount, "user.so", "user"), 5);
  EXPECT_EQ(Violations("lib20.so"), 0U);
  // The same as if the host had captured it: that still counts.
  using Function = int (*)();
  const auto handle = Load(mount, "user.so");
  const auto hook =
      reinterpret_cast<void (*)(Function)>(::dlsym(handle.value(), "hook"));
  hook(reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, "own20")));
  EXPECT_EQ(Call(mount, "user.so", "user"), -1);
  EXPECT_EQ(Violations("lib20.so"), 1U);
}

// glibc accepts the host's unversioned symbol for a versioned need.
TEST_P(BinderTest, VersionedReferences) {
  OpenHost("host4.so", "int lib4() { return -1; }");
  std::ofstream(workshop_.Path("map4")) << "V_4 { global: lib4; };";
  const auto library =
      workshop_.Compile("lib4.so", "int lib4() { return 4; }",
                        "-Wl,-soname,lib4.so -Wl,--version-script=map4");
  const auto user = workshop_.Compile(
      "user.so", "int lib4(); int user() { return lib4(); }", "-L. -l:lib4.so");
  const auto mount = MountEither({{"user.so", user}, {"lib4.so", library}});
  EXPECT_EQ(Call(mount, "user.so", "user"), 4);
  EXPECT_EQ(Violations("user.so"), 0U);
}

TEST_P(BinderTest, LazilyBoundCallsToo) {
  OpenHost("host5.so", "int lib5() { return -1; }");
  const auto library = workshop_.Compile("lib5.so", "int lib5() { return 5; }",
                                         "-Wl,-soname,lib5.so");
  const auto user =
      workshop_.Compile("user.so", "int lib5(); int user() { return lib5(); }",
                        "-L. -l:lib5.so -Wl,-z,lazy");
  const auto mount = MountEither({{"user.so", user}, {"lib5.so", library}});
  EXPECT_EQ(Call(mount, "user.so", "user", RTLD_LAZY), 5);
}

TEST_P(BinderTest, ConstructorsSeeTheRightFunctions) {
  OpenHost("host6.so", "int own6() { return -1; }");
  const auto mount = MountEither({{"x.so", workshop_.Compile("x.so", R"(
      int seen; int own6() { return 6; }
      __attribute__((constructor)) void init() { seen = own6(); }
      int f() { return seen; })")}});
  EXPECT_EQ(Call(mount, "x.so", "f"), 6);
}

// What the bundle does not define stays where it is.
TEST_P(BinderTest, TheHostsOwnStays) {
  OpenHost("host7.so", "int only_host7() { return 70; } int weak7();");
  const auto mount = MountEither({{"x.so", workshop_.Compile("x.so", R"(
      int only_host7(); __attribute__((weak)) int nowhere7();
      int f() { return only_host7() + (nowhere7 != 0); })")}});
  EXPECT_EQ(Call(mount, "x.so", "f"), 70);
  EXPECT_TRUE(Report("x.so").rebindings.empty());
}

// The order of one dlopen from disk: the root before what it needs.
TEST_P(BinderTest, TheRootComesFirst) {
  const auto library = workshop_.Compile("lib8.so", R"(
      int both8() { return 1; } int lib8() { return both8(); })",
                                         "-Wl,-soname,lib8.so");
  const auto user = workshop_.Compile("user.so", R"(
      int both8() { return 8; } int lib8(); int user() { return lib8(); })",
                                      "-L. -l:lib8.so");
  const auto mount = MountEither({{"user.so", user}, {"lib8.so", library}});
  EXPECT_EQ(Call(mount, "user.so", "user"), 8);
  EXPECT_EQ(Violations("lib8.so"), 0U);
}

TEST_P(BinderTest, ButNotForWhatWasThereBefore) {
  const auto library = workshop_.Compile("lib9.so", R"(
      int both9() { return 9; } int lib9() { return both9(); })",
                                         "-Wl,-soname,lib9.so");
  const auto user = workshop_.Compile("user.so", R"(
      int both9() { return 1; } int lib9(); int user() { return lib9(); })",
                                      "-L. -l:lib9.so");
  const auto mount = MountEither({{"user.so", user}, {"lib9.so", library}});
  ASSERT_TRUE(Load(mount, "lib9.so").ok());
  EXPECT_EQ(Call(mount, "user.so", "user"), 9);
}

TEST_P(BinderTest, WhatIsGlobalComesFirst) {
  const auto first =
      workshop_.Compile("first.so", "int both10() { return 10; }");
  const auto second = workshop_.Compile(
      "second.so", "int both10() { return 1; } int f() { return both10(); }");
  const auto mount = MountEither({{"first.so", first}, {"second.so", second}});
  ASSERT_TRUE(Load(mount, "first.so", RTLD_NOW | RTLD_GLOBAL).ok());
  EXPECT_EQ(Call(mount, "second.so", "f"), 10);
  EXPECT_EQ(Violations("second.so"), 0U);
}

TEST_P(BinderTest, SymbolicObjectsLookInThemselvesFirst) {
  const auto first = workshop_.Compile("f11.so", "int both11() { return 1; }");
  const auto second = workshop_.Compile(
      "s11.so", "int both11() { return 11; } int f() { return both11(); }",
      "-Wl,-Bsymbolic -Wl,-z,lazy");
  const auto mount = MountEither({{"first.so", first}, {"second.so", second}});
  ASSERT_TRUE(Load(mount, "first.so", RTLD_NOW | RTLD_GLOBAL).ok());
  EXPECT_EQ(Call(mount, "second.so", "f"), 11);
}

TEST_P(BinderTest, ThreadLocalVariables) {
  OpenHost("host12.so", "__thread int tls12 = -1;");
  const auto mount = MountEither({{"x.so", workshop_.Compile("x.so", R"(
      __thread int before12 = 5; __thread int tls12 = 12;
      int f() { return tls12; })")}});
  EXPECT_EQ(Call(mount, "x.so", "f"), 12);
}

// A library that uses its sibling's variable without needing the sibling: data
// cannot be bound lazily.
TEST_P(BinderTest, UnderLinkedData) {
  const auto under = workshop_.Compile("libunder.so", R"(
      extern int shared13; int under() { return shared13; })");
  const auto helper = workshop_.Compile("libhelper.so", "int shared13 = 13;");
  const auto user = workshop_.Compile(
      "user.so", "int under(); int user() { return under(); }",
      "-L. -Wl,--no-as-needed -l:libunder.so -l:libhelper.so");
  const auto mount = MountEither(
      {{"user.so", user}, {"libunder.so", under}, {"libhelper.so", helper}});
  EXPECT_EQ(Call(mount, "user.so", "user"), 13);
}

int g_redirected = 0;
int RedirectedAbs(int value) {
  ++g_redirected;
  return value;
}

TEST_P(BinderTest, RedirectsTheHostsFunctions) {
  const std::string code =
      "int isatty(int); int (*pointer)(int) = isatty; "
      "int f() { return isatty(-7) + pointer(-7); }";
  g_redirected = 0;
  const auto before =
      MountEither({{"before.so", workshop_.Compile("b.so", code)}});
  EXPECT_EQ(Call(before, "before.so", "f"), 0);
  loader_.Redirect("isatty", reinterpret_cast<void*>(&RedirectedAbs));
  const auto after =
      MountEither({{"now.so", workshop_.Compile("n.so", code)},
                   {"lazy.so", workshop_.Compile("l.so", code + " int g;",
                                                 "-Wl,-z,lazy")}});
  EXPECT_EQ(Call(after, "now.so", "f"), -14);
  EXPECT_EQ(Call(after, "lazy.so", "f", RTLD_LAZY), -14);
  EXPECT_EQ(g_redirected, 4);
  EXPECT_EQ(Violations("now.so"), 0U);
  // What is loaded already stays as it is.
  EXPECT_EQ(Call(before, "before.so", "f"), 0);
}

}  // namespace
}  // namespace inmem::loader
