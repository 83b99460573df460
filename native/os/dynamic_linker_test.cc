// native/os/dynamic_linker_test.cc: loading, naming, and glibc's traps.
#include "os/dynamic_linker.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <set>

#include "base/byte_reader.h"
#include "os/compile.h"
#include "os/memfd.h"
#include "os/tiny_object.h"

namespace inmem::os {
namespace {

class DynamicLinkerTest : public ::testing::Test {
 protected:
  static UniqueFd MemfdOf(const std::string& bytes) {
    auto fd = CreateMemfd("test");
    EXPECT_TRUE(fd.ok());
    EXPECT_TRUE(WriteAll(fd.value().get(), 0, AsBytes(bytes), "test").ok());
    return fd.Take();
  }
  // Loads and closes the descriptor, so that the next one gets its number.
  static Result<void*> Load(const std::string& bytes,
                            int flags = RTLD_NOW | RTLD_LOCAL) {
    const UniqueFd fd = MemfdOf(bytes);
    return OpenPath(UniqueDescriptorPath(fd.get()), flags, "a.zip!/x.so");
  }
  static int Call(void* handle, const char* name) {
    return reinterpret_cast<int (*)()>(::dlsym(handle, name))();
  }
  testing::Workshop workshop_;
};

TEST_F(DynamicLinkerTest, PathsAreNeverReused) {
  std::set<std::string> paths;
  for (int i = 0; i < 1000; ++i) paths.insert(UniqueDescriptorPath(7));
  EXPECT_EQ(paths.size(), 1000U);
  EXPECT_FALSE(paths.contains("/proc/self/fd/7"));
}

TEST_F(DynamicLinkerTest, ReusedDescriptorNumbersGiveNewLibraries) {
  const std::string one = workshop_.Compile("one.so", "int f() { return 1; }");
  const std::string two = workshop_.Compile("two.so", "int f() { return 2; }");
  const UniqueFd first = MemfdOf(one);
  const int number = first.get();
  const auto a = OpenPath(UniqueDescriptorPath(number), RTLD_NOW, "one");
  const_cast<UniqueFd&>(first).Reset();
  const UniqueFd second = MemfdOf(two);
  ASSERT_EQ(second.get(), number);  // the trap is set
  const auto b = OpenPath(UniqueDescriptorPath(number), RTLD_NOW, "two");
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_NE(a.value(), b.value());
  EXPECT_EQ(Call(a.value(), "f"), 1);
  EXPECT_EQ(Call(b.value(), "f"), 2);
}

TEST_F(DynamicLinkerTest, DladdrShowsTheGivenName) {
  const auto handle = Load(workshop_.Compile("n.so", "int f() { return 1; }"));
  ASSERT_TRUE(handle.ok());
  EXPECT_TRUE(Name(handle.value()).starts_with("/proc/self/fd"));
  SetName(handle.value(), "/a/app.pyz/pkg/n.so");
  Dl_info info = {};
  ASSERT_NE(::dladdr(::dlsym(handle.value(), "f"), &info), 0);
  EXPECT_STREQ(info.dli_fname, "/a/app.pyz/pkg/n.so");
  EXPECT_EQ(LoadBias(handle.value()), info.dli_fbase);
  // The name is good for dlopen, too, though there is no such file.
  EXPECT_EQ(FindLoaded("/a/app.pyz/pkg/n.so"), handle.value());
  EXPECT_EQ(::dlclose(handle.value()), 0);  // frees the name we gave
}

TEST_F(DynamicLinkerTest, FindsBySonameWithoutAReference) {
  EXPECT_EQ(FindLoaded("libfind.so.1"), nullptr);
  const auto handle = Load(workshop_.Compile("f.so", "int f() { return 1; }",
                                             "-Wl,-soname,libfind.so.1"));
  ASSERT_TRUE(handle.ok());
  EXPECT_EQ(FindLoaded("libfind.so.1"), handle.value());
  EXPECT_EQ(::dlclose(handle.value()), 0);
  EXPECT_EQ(FindLoaded("libfind.so.1"), nullptr);
}

TEST_F(DynamicLinkerTest, AnObjectIsFoundUnderItsScopedName) {
  const auto handle = Load(workshop_.Compile("s.so", "int f() { return 1; }"));
  ASSERT_TRUE(handle.ok());
  SetName(handle.value(), "/v/s.so");
  {
    const ScopedName outer(handle.value(), "libother.so");
    EXPECT_EQ(FindLoaded("libother.so"), handle.value());
    const ScopedName inner(handle.value(), UniqueToken());
    EXPECT_EQ(FindLoaded("libother.so"), nullptr);
  }
  EXPECT_EQ(FindLoaded("libother.so"), nullptr);
  EXPECT_EQ(Name(handle.value()), "/v/s.so");
}

TEST_F(DynamicLinkerTest, UndefinedSymbolsAreNamed) {
  const auto handle =
      Load(workshop_.Compile("u.so", "int g(); int f() { return g(); }"));
  ASSERT_FALSE(handle.ok());
  EXPECT_EQ(handle.status().code(), ErrorCode::kUndefinedSymbol);
  EXPECT_EQ(handle.status().message(), "a.zip!/x.so: undefined symbol: g");
}

TEST_F(DynamicLinkerTest, MissingLibrariesAreNamed) {
  workshop_.Compile("libmiss.so", "int g() { return 1; }",
                    "-Wl,-soname,libmiss.so.9");
  const auto handle = Load(workshop_.Compile(
      "m.so", "int g(); int f() { return g(); }", "-L. -l:libmiss.so"));
  ASSERT_FALSE(handle.ok());
  EXPECT_EQ(handle.status().code(), ErrorCode::kMissingLibrary);
  EXPECT_NE(handle.status().message().find("a.zip!/x.so: libmiss.so.9"),
            std::string::npos)
      << handle.status().message();
}

TEST_F(DynamicLinkerTest, NoLoadOfWhatIsNotLoadedFails) {
  const auto handle =
      OpenPath(workshop_.Path("absent.so"), RTLD_LAZY | RTLD_NOLOAD, "absent");
  EXPECT_FALSE(handle.ok());
}

// glibc's text, and words of the hint that is right for it.
struct Hint {
  const char* text;
  const char* words;
};

class DlErrorHint : public ::testing::TestWithParam<Hint> {};

TEST_P(DlErrorHint, FitsTheCase) {
  const Status status =
      ClassifyDlError(std::string("/proc/self/fd/.//7: ") + GetParam().text,
                      "/proc/self/fd/.//7", "a.zip!/x.so");
  EXPECT_EQ(status.code(), ErrorCode::kLoadFailed);
  EXPECT_TRUE(status.message().starts_with(std::string("a.zip!/x.so: ") +
                                           GetParam().text + "; "))
      << status.message();
  EXPECT_NE(status.message().find(GetParam().words), std::string::npos)
      << status.message();
}

INSTANTIATE_TEST_SUITE_P(
    Glibc, DlErrorHint,
    ::testing::Values(
        Hint{"cannot open shared object file: No such file or directory",
             "is it mounted?"},
        Hint{"cannot open shared object file: Too many open files",
             "ulimit -n"},
        Hint{"cannot open shared object file: Permission denied", "AppArmor"},
        Hint{"failed to map segment from shared object: Operation not "
             "permitted",
             "noexec"},
        Hint{"failed to map segment from shared object: Permission denied",
             "SELinux"},
        Hint{"failed to map segment from shared object: Cannot allocate memory",
             "not enough memory"},
        Hint{"cannot enable executable stack as shared object requires: "
             "Invalid argument",
             "patchelf --clear-execstack"},
        Hint{"cannot make segment writable for relocation: Permission denied",
             "-fPIC"},
        Hint{"ELF load command alignment not page-aligned", "pages of "},
        Hint{"cannot allocate memory in static TLS block",
             "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=4608"}));

TEST_F(DynamicLinkerTest, StaticTlsRefusedNamesTheSizeAndATunableThatFits) {
  const auto handle = Load(TinyObject(20000));
  ASSERT_FALSE(handle.ok());
  EXPECT_EQ(handle.status().code(), ErrorCode::kLoadFailed);
  const std::string& text = handle.status().message();
  EXPECT_NE(text.find("it wants 20000 bytes in each thread"), std::string::npos)
      << text;
  EXPECT_NE(text.find("optional_static_tls=20992 "), std::string::npos) << text;
}

TEST(ClassifyDlError, KnowsGlibcsTexts) {
  const auto classify = [](const char* text) {
    return ClassifyDlError(text, "/proc/self/fd/.//7", "a.zip!/x.so");
  };
  Status status = classify(
      "/lib/libc.so.6: version `GLIBC_2.99' not found (required by "
      "/proc/self/fd/.//7)");
  EXPECT_EQ(status.code(), ErrorCode::kMissingLibrary);
  EXPECT_NE(status.message().find("(required by a.zip!/x.so)"),
            std::string::npos);
  EXPECT_NE(status.message().find("this host has glibc 2."), std::string::npos);
  status =
      classify("/lib/libz.so.1: version `ZLIB_1.9' not found (required by x)");
  EXPECT_EQ(status.code(), ErrorCode::kMissingLibrary);
  EXPECT_NE(status.message().find("older than"), std::string::npos);
  status = classify("/v/y.so: undefined symbol: foo, version BAR_1");
  EXPECT_EQ(status.code(), ErrorCode::kUndefinedSymbol);
  EXPECT_TRUE(status.message().starts_with("a.zip!/x.so: /v/y.so: "));
  status = classify(
      "/v/y.so: symbol foo version B not defined in file libz.so.1 with link "
      "time reference");
  EXPECT_EQ(status.code(), ErrorCode::kUndefinedSymbol);
  EXPECT_EQ(classify("something else").code(), ErrorCode::kLoadFailed);
}

}  // namespace
}  // namespace inmem::os
