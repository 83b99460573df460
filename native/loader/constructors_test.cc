// native/loader/constructors_test.cc: what runs when an object is loaded.
#include <cstdlib>

#include "loader/bundle_for_test.h"

namespace inmem::loader {
namespace {

class ConstructorsTest : public testing::LoaderTest {
 protected:
  // Appends `letter` to the text in the environment variable ORDER.
  static std::string Note(const std::string& letter) {
    return R"(
      #include <stdlib.h>
      #include <string.h>
      static void note(const char *letter) {
        char text[64]; const char *old = getenv("ORDER");
        strcpy(text, old ? old : ""); strcat(text, letter);
        setenv("ORDER", text, 1);
      }
      __attribute__((constructor)) static void init() { note(")" +
           letter + "\"); }";
  }
  void SetUp() override { ::unsetenv("ORDER"); }
  static std::string Order() {
    const char* text = ::getenv("ORDER");
    return text != nullptr ? text : "";
  }
};

TEST_F(ConstructorsTest, NeedsComeFirst) {
  const auto c = workshop_.Compile("libc1.so", Note("c") + "int c;",
                                   "-Wl,-soname,libc1.so");
  const auto b =
      workshop_.Compile("libb1.so", Note("b") + "extern int c; int *b = &c;",
                        "-L. -l:libc1.so -Wl,-soname,libb1.so");
  const auto a = workshop_.Compile(
      "a1.so", Note("a") + "extern int *b; int **a = &b;", "-L. -l:libb1.so");
  const auto mount = Mount({{"a1.so", a}, {"libb1.so", b}, {"libc1.so", c}});
  ASSERT_TRUE(Load(mount, "a1.so").ok());
  EXPECT_EQ(Order(), "cba");
  ASSERT_TRUE(Load(mount, "libc1.so").ok());
  EXPECT_EQ(Order(), "cba");
}

TEST_F(ConstructorsTest, InitThenTheArrayInOrder) {
  const auto mount = Mount({{"x.so", workshop_.Compile("x.so", Note("-") + R"(
      void first() { note("0"); }
      __attribute__((constructor(101))) static void one() { note("1"); }
      __attribute__((constructor(102))) static void two() { note("2"); })",
                                                       "-Wl,-init,first")}});
  ASSERT_TRUE(Load(mount, "x.so").ok());
  EXPECT_EQ(Order(), "012-");
}

TEST_F(ConstructorsTest, GetTheProgramsArguments) {
  const auto mount = Mount({{"x.so", workshop_.Compile("x.so", R"(
      static int count; static char **words, **pairs;
      __attribute__((constructor)) static void init(int argc, char **argv,
                                                    char **envp) {
        count = argc; words = argv; pairs = envp;
      }
      extern char **environ;
      int f() { return count >= 1 && words[0] != 0 && words[count] == 0 &&
                       pairs == environ; })")}});
  EXPECT_EQ(Call(mount, "x.so", "f"), 1);
}

// dladdr in a constructor, as OpenSSL and others pin themselves.
TEST_F(ConstructorsTest, KnowTheirVirtualPath) {
  const auto mount = Mount({{"pkg/x.so", workshop_.Compile("x.so", R"(
      #define _GNU_SOURCE
      #include <dlfcn.h>
      static const char *path = "";
      int f() { return 0; }
      __attribute__((constructor)) static void init() {
        Dl_info info; if (dladdr((void *) init, &info)) path = info.dli_fname;
      }
      const char *where() { return path; })")}});
  const auto handle = Load(mount, "pkg/x.so");
  ASSERT_TRUE(handle.ok());
  const auto where =
      reinterpret_cast<const char* (*)()>(::dlsym(handle.value(), "where"));
  EXPECT_EQ(where(), mount->point() + "/pkg/x.so");
}

TEST_F(ConstructorsTest, NoneRunsWhereASymbolIsMissing) {
  const auto library =
      workshop_.Compile("libd.so", Note("d") + "int d;", "-Wl,-soname,libd.so");
  const auto user =
      workshop_.Compile("user.so",
                        "extern int d; int *p = &d; int absent(); "
                        "int user() { return absent(); }",
                        "-L. -l:libd.so");
  const auto mount = Mount({{"user.so", user}, {"libd.so", library}});
  ExpectFailure(Load(mount, "user.so"), ErrorCode::kUndefinedSymbol,
                {"absent"});
  EXPECT_EQ(Order(), "");
  ASSERT_TRUE(Load(mount, "libd.so").ok());
  EXPECT_EQ(Order(), "d");
}

TEST_F(ConstructorsTest, AnExceptionIsAnError) {
  const auto bytes = workshop_.CompileCxx("t.so", R"(
      #include <stdexcept>
      __attribute__((constructor)) static void init() {
        throw std::runtime_error("no luck"); }
      extern "C" int f() { return 1; })");
  const auto mount = Mount({{"t.so", bytes}});
  ExpectFailure(Load(mount, "t.so"), ErrorCode::kLoadFailed,
                {"!/t.so: a constructor", "threw", "no luck"});
  // It was half constructed: it is not given out later.
  ExpectFailure(Load(mount, "t.so"), ErrorCode::kLoadFailed, {"no luck"});
}

TEST_F(ConstructorsTest, DestructorsRunAtExit) {
  const auto mount = Mount({{"x.so", workshop_.Compile("x.so", R"(
      #include <unistd.h>
      __attribute__((destructor)) static void fini() {
        write(2, "destroyed", 9); }
      int f() { return 1; })")}});
  EXPECT_EXIT(
      {
        Call(mount, "x.so", "f");
        std::exit(3);
      },
      ::testing::ExitedWithCode(3), "destroyed");
}

}  // namespace
}  // namespace inmem::loader
