// native/loader/closure_test.cc: objects that need others.

#include <map>

#include "loader/bundle_for_test.h"

namespace inmem::loader {
namespace {

using testing::LoaderTest;

// Called back by constructors of libraries below, as wheels' code reaches the
// wrapped dlopen.
std::function<void()> g_constructor_call;
extern "C" __attribute__((visibility("default"))) void RunConstructorCall() {
  if (g_constructor_call) g_constructor_call();
}
std::string CallAtConstruction() {
  char text[200];
  std::snprintf(text, sizeof text,
                "__attribute__((constructor)) void init() "
                "{ ((void (*)(void)) %pUL)(); } ",
                reinterpret_cast<void*>(&RunConstructorCall));
  return text;
}

class ClosureTest : public LoaderTest {
 protected:
  // numpy's shape: an extension, RUNPATH into x.libs, libraries that find each
  // other by $ORIGIN.
  Entries WheelOfThree() {
    const std::string origin = " '-Wl,-rpath,$ORIGIN'";
    const auto base = workshop_.Compile(
        "libbase-1.so", "int base() { return 1; }", "-Wl,-soname,libbase-1.so");
    const auto middle = workshop_.Compile(
        "libmiddle-2.so", "int base(); int middle() { return 10 + base(); }",
        "-L. -l:libbase-1.so -Wl,-soname,libmiddle-2.so" + origin);
    const auto top = workshop_.Compile(
        "top.so", "int middle(); int top() { return 100 + middle(); }",
        "-L. -l:libmiddle-2.so '-Wl,-rpath,$ORIGIN/../../x.libs'");
    return {{"x/core/top.so", top},
            {"x.libs/libmiddle-2.so", middle},
            {"x.libs/libbase-1.so", base}};
  }
  [[nodiscard]] std::vector<std::string> LoadedNames() const {
    std::vector<std::string> names;
    for (const auto& object : loader_.loaded()) {
      names.push_back(object.path.substr(object.path.rfind('/') + 1));
    }
    return names;
  }
};

TEST_F(ClosureTest, ThreeObjectsByRunpath) {
  const auto mount = Mount(WheelOfThree());
  EXPECT_EQ(Call(mount, "x/core/top.so", "top"), 111);
  EXPECT_EQ(LoadedNames(), (std::vector<std::string>{
                               "libbase-1.so", "libmiddle-2.so", "top.so"}));
  // A library that came as a need has its virtual path, too.
  const auto middle = Load(mount, "x.libs/libmiddle-2.so");
  ASSERT_TRUE(middle.ok());
  EXPECT_EQ(FileOf(middle.value(), "middle"),
            mount->point() + "/x.libs/libmiddle-2.so");
  EXPECT_EQ(loader_.loaded().size(), 3U);
}

TEST_F(ClosureTest, TheSameWheelInTwoBundlesIsLoadedOnce) {
  const Entries entries = WheelOfThree();
  const auto one = Load(Mount(entries), "x/core/top.so");
  const auto two = Load(Mount(entries), "x/core/top.so");
  ASSERT_TRUE(one.ok()) << one.status().message();
  ASSERT_TRUE(two.ok()) << two.status().message();
  EXPECT_EQ(one.value(), two.value());
  EXPECT_EQ(loader_.loaded().size(), 3U);
}

TEST_F(ClosureTest, DependenciesAreLocalUnlessTheRootIsGlobal) {
  const auto mount = Mount(WheelOfThree());
  ASSERT_TRUE(Load(mount, "x/core/top.so").ok());
  EXPECT_EQ(::dlsym(RTLD_DEFAULT, "base"), nullptr);
  ASSERT_TRUE(Load(mount, "x/core/top.so", RTLD_NOW | RTLD_GLOBAL).ok());
  EXPECT_NE(::dlsym(RTLD_DEFAULT, "base"), nullptr);
}

// Two wheels carry a library of one soname and different bytes: each keeps its
// own, whichever comes first.
TEST_F(ClosureTest, OneSonameTwoBuilds) {
  std::map<int, std::shared_ptr<const vfs::Mount>> mounts;
  for (const int build : {1, 2}) {
    const auto library = workshop_.Compile(
        "libsame.so.1", "int same() { return " + std::to_string(build) + "; }",
        "-Wl,-soname,libsame.so.1");
    const auto user = workshop_.Compile(
        "user.so", "int same(); int user() { return same(); }",
        "-L. -l:libsame.so.1 '-Wl,-rpath,$ORIGIN/libs'");
    mounts[build] = Mount({{"user.so", user}, {"libs/libsame.so.1", library}});
  }
  EXPECT_EQ(Call(mounts[1], "user.so", "user"), 1);
  EXPECT_EQ(Call(mounts[2], "user.so", "user"), 2);
  // The extension's bytes are equal, yet it is not the same object.
  EXPECT_EQ(loader_.loaded().size(), 4U);
}

TEST_F(ClosureTest, NoSonameAtAll) {
  const auto library =
      workshop_.Compile("libplain.so", "int plain() { return 5; }");
  const auto user = workshop_.Compile(
      "user.so", "int plain(); int user() { return plain(); }",
      "-L. -l:libplain.so");
  const auto mount = Mount({{"p/user.so", user}, {"p/libplain.so", library}});
  EXPECT_EQ(Call(mount, "p/user.so", "user"), 5);
  // The name was lent for the load only.
  EXPECT_EQ(FileOf(Load(mount, "p/libplain.so").value(), "plain"),
            mount->point() + "/p/libplain.so");
}

// glibc looks the names of loaded objects' needs up again at each load above.
TEST_F(ClosureTest, NoSonameAtTheBottom) {
  const auto library =
      workshop_.Compile("libbottom.so", "int bottom() { return 5; }");
  const auto middle = workshop_.Compile(
      "libmid.so", "int bottom(); int mid() { return bottom(); }",
      "-L. -l:libbottom.so");
  const auto user = workshop_.Compile(
      "user.so", "int mid(); int user() { return mid(); }", "-L. -l:libmid.so");
  const auto mount = Mount(
      {{"user.so", user}, {"libmid.so", middle}, {"libbottom.so", library}});
  EXPECT_EQ(Call(mount, "user.so", "user"), 5);
  EXPECT_EQ(FileOf(Load(mount, "libbottom.so").value(), "bottom"),
            mount->point() + "/libbottom.so");
}

TEST_F(ClosureTest, SonameDiffersFromTheNeed) {
  workshop_.Compile("libasked.so", "int g() { return 0; }");
  const auto user = workshop_.Compile(
      "user.so", "int g(); int user() { return g(); }", "-L. -l:libasked.so");
  const auto library = workshop_.Compile("libasked.so", "int g() { return 6; }",
                                         "-Wl,-soname,libreal.so.1");
  const auto mount = Mount({{"user.so", user}, {"libasked.so", library}});
  EXPECT_EQ(Call(mount, "user.so", "user"), 6);
}

TEST_F(ClosureTest, FoundBySonameInLibsFolder) {
  workshop_.Compile("libn.so", "int n() { return 0; }",
                    "-Wl,-soname,libn.so.1");
  const auto user = workshop_.Compile(
      "user.so", "int n(); int user() { return n(); }", "-L. -l:libn.so");
  const auto library = workshop_.Compile("libn.so", "int n() { return 8; }",
                                         "-Wl,-soname,libn.so.1");
  const auto mount = Mount({{"site/pkg/sub/user.so", user},
                            {"site/other.libs/libbroken.so", "not ELF"},
                            {"site/other.libs/libn-abcdef.so.1.2", library}});
  EXPECT_EQ(Call(mount, "site/pkg/sub/user.so", "user"), 8);
}

TEST_F(ClosureTest, LoadedBeforeByHand) {
  const auto library = workshop_.Compile("libhand.so", "int h() { return 9; }",
                                         "-Wl,-soname,libhand.so.1");
  const auto user = workshop_.Compile(
      "user.so", "int h(); int user() { return h(); }", "-L. -l:libhand.so");
  const auto mount =
      Mount({{"pkg/user.so", user}, {"elsewhere/lib/libhand.so.1", library}});
  ExpectFailure(Load(mount, "pkg/user.so"), ErrorCode::kMissingLibrary,
                {"!/pkg/user.so: needs libhand.so.1", "pkg/libhand.so.1",
                 "PEP 600", "auditwheel"});
  ASSERT_TRUE(Load(mount, "elsewhere/lib/libhand.so.1").ok());
  EXPECT_EQ(Call(mount, "pkg/user.so", "user"), 9);
}

TEST_F(ClosureTest, HostLibrariesNeedPep600) {
  // Every host has libdl's successor libc, and this test's libstdc++.
  const auto allowed = workshop_.Compile(
      "ok.so", "double cos(double); int f() { return (int) cos(0); }", "-lm");
  EXPECT_EQ(Call(Mount({{"ok.so", allowed}}), "ok.so", "f"), 1);
}

// There is no room for another name where the need's own is one letter.
TEST_F(ClosureTest, ANameTooShortToBeReplaced) {
  const auto library = workshop_.Compile("b", "int brief() { return 4; }");
  const auto user = workshop_.Compile(
      "user.so", "int brief(); int user() { return brief(); }", "-L. -l:b");
  ExpectFailure(Load(Mount({{"user.so", user}, {"b", library}}), "user.so"),
                ErrorCode::kLoadFailed,
                {"!/user.so: the needed name b does not lead to ", "/b,",
                 "too short to be replaced (expected at least "});
}

TEST_F(ClosureTest, MuslIsAnotherMachine) {
  workshop_.Compile("libm.so", "int g() { return 0; }",
                    "-Wl,-soname,libc.musl-x86_64.so.1");
  const auto mount = Mount(
      {{"x.so", workshop_.Compile("x.so", "int g(); int f() { return g(); }",
                                  "-L. -l:libm.so")}});
  ExpectFailure(Load(mount, "x.so"), ErrorCode::kWrongMachine, {"musl"});
}

TEST_F(ClosureTest, UndefinedSymbolOfADependency) {
  workshop_.Compile("libu.so", "int nowhere(); int u() { return nowhere(); }");
  const auto user =
      workshop_.Compile("user.so", "int u(); int user() { return u(); }",
                        "-L. -l:libu.so -Wl,--unresolved-symbols=ignore-all");
  const auto mount =
      Mount({{"user.so", user}, {"libu.so", workshop_.Bytes("libu.so")}});
  ExpectFailure(Load(mount, "user.so"), ErrorCode::kUndefinedSymbol,
                {"!/libu.so", "nowhere"});
}

// On disk the scope of one dlopen is shared; libunder lacks its DT_NEEDED.
TEST_F(ClosureTest, UnderLinkedSibling) {
  const auto under = workshop_.Compile(
      "libunder.so", "int helper(); int under() { return helper(); }");
  const auto helper =
      workshop_.Compile("libhelper.so", "int helper() { return 12; }");
  const auto user = workshop_.Compile(
      "user.so",
      "int under(); int helper(); int user() { return under() + helper(); }",
      "-L. -l:libunder.so -l:libhelper.so");
  const auto mount = Mount(
      {{"user.so", user}, {"libunder.so", under}, {"libhelper.so", helper}});
  EXPECT_EQ(Call(mount, "user.so", "user"), 24);
}

class CircleTest : public ClosureTest {
 protected:
  // a -> b -> c -> a. `data` refers to a variable across the circle, which
  // cannot be bound later.
  Entries Circle(const std::string& prefix, bool data, const char* tail = "") {
    const auto name = [&](const char* letter) {
      return prefix + letter + ".so";
    };
    const std::string soname = "-Wl,-soname,";
    workshop_.Compile(name("a"), "int a() { return 0; } int va = 1;",
                      soname + name("a"));
    const std::string use = data ? " + va" : "";
    const auto c = workshop_.Compile(
        name("c"),
        "extern int va; int a(); int c(int n) { return n > 2 ? 1" + use +
            " : 0; }" + tail + " int ca() { return a(); }",
        "-L. -Wl,--no-as-needed -l:" + name("a") + " " + soname + name("c"));
    const auto b = workshop_.Compile(
        name("b"), "int c(int); int b(int n) { return 10 + c(n); }",
        "-L. -l:" + name("c") + " " + soname + name("b"));
    const auto a = workshop_.Compile(
        name("a"), "int va = 5; int b(int); int a() { return 100 + b(3); }",
        "-L. -l:" + name("b") + " " + soname + name("a"));
    return {
        {"p/" + name("a"), a}, {"p/" + name("b"), b}, {"p/" + name("c"), c}};
  }
};

TEST_F(CircleTest, LongNamesAreLoadedTogether) {
  const auto mount = Mount(Circle("libcircle-0123456789-", true));
  EXPECT_EQ(Call(mount, "p/libcircle-0123456789-a.so", "a"), 116);
  EXPECT_EQ(loader_.loaded().size(), 3U);
  const auto c = Load(mount, "p/libcircle-0123456789-c.so");
  ASSERT_TRUE(c.ok());
  EXPECT_EQ(CallIn(c.value(), "ca"), 116);
  EXPECT_EQ(FileOf(c.value(), "ca"),
            mount->point() + "/p/libcircle-0123456789-c.so");
  EXPECT_EQ(loader_.loaded().size(), 3U);
}

TEST_F(CircleTest, IsShared) {
  const Entries entries = Circle("libcircle-shared-0123456789-", true);
  const auto one = Load(Mount(entries), entries[0].first);
  const auto two = Load(Mount(entries), entries[0].first);
  // By another door: its objects are entered in another order.
  const auto three = Load(Mount(entries), entries[2].first);
  ASSERT_TRUE(one.ok() && two.ok() && three.ok());
  EXPECT_EQ(one.value(), two.value());
  EXPECT_EQ(loader_.loaded().size(), 3U);
  EXPECT_EQ(CallIn(three.value(), "ca"), 116);
}

TEST_F(CircleTest, ShortNamesAreLoadedApart) {
  const auto mount = Mount(Circle("", false));
  EXPECT_EQ(Call(mount, "p/a.so", "a"), 111);
  EXPECT_EQ(CallIn(Load(mount, "p/c.so").value(), "ca"), 111);
  EXPECT_EQ(loader_.loaded().size(), 3U);
}

TEST_F(CircleTest, ALibraryThatNeedsItself) {
  workshop_.Compile("libself.so", "int s() { return 0; }",
                    "-Wl,-soname,libself.so");
  const auto self = workshop_.Compile(
      "libself.so", "int t() { return 13; }",
      "-L. -Wl,--no-as-needed -l:libself.so -Wl,-soname,libself.so");
  EXPECT_EQ(Call(Mount({{"libself.so", self}}), "libself.so", "t"), 13);
}

TEST_F(ClosureTest, AConstructorThatLoadsAnother) {
  const auto mount =
      Mount({{"x.so", workshop_.Compile("x.so", CallAtConstruction() +
                                                    "int f() { return 1; }")},
             {"y.so", workshop_.Compile("y.so", "int f() { return 2; }")}});
  int inner = 0;
  g_constructor_call = [&] { inner = Call(mount, "y.so", "f"); };
  EXPECT_EQ(Call(mount, "x.so", "f"), 1);
  g_constructor_call = nullptr;
  EXPECT_EQ(inner, 2);
  EXPECT_EQ(LoadedNames(), (std::vector<std::string>{"y.so", "x.so"}));
}

TEST_F(ClosureTest, AConstructorThatLoadsItself) {
  const auto mount =
      Mount({{"x.so", workshop_.Compile("x.so", CallAtConstruction() +
                                                    "int f() { return 1; }")}});
  void* inner = nullptr;
  g_constructor_call = [&] { inner = Load(mount, "x.so").Take(); };
  const auto outer = Load(mount, "x.so");
  g_constructor_call = nullptr;
  ASSERT_TRUE(outer.ok());
  EXPECT_EQ(inner, outer.value());
  EXPECT_EQ(loader_.loaded().size(), 1U);
}

TEST_F(ClosureTest, AConstructorThatLoadsItsUser) {
  const auto library = workshop_.Compile(
      "libdep.so", CallAtConstruction() + "int d() { return 3; }",
      "-Wl,-soname,libdep.so");
  const auto user = workshop_.Compile(
      "user.so", "int d(); int user() { return d(); }", "-L. -l:libdep.so");
  const auto mount = Mount({{"user.so", user}, {"libdep.so", library}});
  void* inner = nullptr;
  g_constructor_call = [&] { inner = Load(mount, "user.so").Take(); };
  const auto outer = Load(mount, "user.so");
  g_constructor_call = nullptr;
  ASSERT_TRUE(outer.ok()) << outer.status().message();
  EXPECT_EQ(inner, outer.value());
  EXPECT_EQ(CallIn(outer.value(), "user"), 3);
  EXPECT_EQ(loader_.loaded().size(), 2U);
}

// "l100.so": all of one length.
std::string Link(int number) {
  std::string name = "l";
  name += std::to_string(number);
  return name += ".so";
}

TEST_F(ClosureTest, AChainThatIsTooLong) {
  workshop_.Compile("l999.so", "");
  const std::string any =
      workshop_.Compile("any.so", "", "-L. -Wl,--no-as-needed -l:l999.so");
  Entries entries;
  for (int i = 100; i < 311; ++i) {  // each needs the next
    std::string bytes = any;
    bytes.replace(bytes.find("l999.so"), 7, Link(i + 1));
    entries.emplace_back(Link(i), bytes);
  }
  ExpectFailure(Load(Mount(entries), Link(100)), ErrorCode::kLoadFailed,
                {"at most 200"});
}

}  // namespace
}  // namespace inmem::loader
