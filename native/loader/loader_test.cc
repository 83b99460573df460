// native/loader/loader_test.cc: one shared object: names, identity, refusals.
#include "loader/loader.h"

#include <elf.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "loader/bundle_for_test.h"
#include "loader/content_id.h"
#include "loader/extension_tag.h"

namespace inmem::loader {
namespace {

using testing::LoaderTest;

std::size_t OpenDescriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

TEST_F(LoaderTest, LoadsAndReports) {
  const std::string bytes = workshop_.Compile("x.so", "int f() { return 42; }",
                                              "-Wl,-soname,libx.so.1");
  const auto mount = Mount({{"pkg/x.so", bytes}});
  const std::size_t descriptors = OpenDescriptors();
  EXPECT_EQ(Call(mount, "pkg/x.so", "f"), 42);
  EXPECT_EQ(OpenDescriptors(), descriptors);
  ASSERT_EQ(loader_.loaded().size(), 1U);
  const LoadedObject object = loader_.loaded()[0];
  EXPECT_EQ(object.path, mount->point() + "/pkg/x.so");
  EXPECT_EQ(object.soname, "libx.so.1");
  EXPECT_EQ(object.memfd_name, "x.so");
  EXPECT_EQ(object.tier, Tier::kMemfd);
  EXPECT_EQ(object.size_bytes, bytes.size());
  EXPECT_EQ(object.copied_bytes, bytes.size());
  EXPECT_EQ(object.mapped_bytes, 0U);
  EXPECT_GT(object.milliseconds, 0.0);
  std::ifstream maps("/proc/self/maps");
  const std::string text{std::istreambuf_iterator<char>(maps), {}};
  EXPECT_NE(text.find("/memfd:x.so (deleted)"), std::string::npos);
}

TEST_F(LoaderTest, DladdrGivesTheVirtualPath) {
  const auto mount =
      Mount({{"pkg/x.so", workshop_.Compile("x.so", "int f() { return 1; }")}});
  const auto handle = Load(mount, "pkg/x.so");
  ASSERT_TRUE(handle.ok());
  EXPECT_EQ(FileOf(handle.value(), "f"), mount->point() + "/pkg/x.so");
}

TEST_F(LoaderTest, TheSameObjectGivesTheSameHandle) {
  const auto mount =
      Mount({{"x.so", workshop_.Compile("x.so", "int f() { return 1; }")}});
  const auto first = Load(mount, "x.so");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Load(mount, "x.so", RTLD_LAZY).value(), first.value());
  EXPECT_EQ(Load(mount, "x.so", RTLD_NOW | RTLD_NOLOAD).value(), first.value());
  EXPECT_EQ(loader_.loaded().size(), 1U);
  // Not even dlclose gets rid of it: others may hold its objects.
  ::dlclose(first.value());
  ::dlclose(first.value());
  EXPECT_EQ(CallIn(first.value(), "f"), 1);
}

TEST_F(LoaderTest, IdenticalBytesAreLoadedOnce) {
  const std::string bytes =
      workshop_.Compile("x.so", "static int n; int f() { return ++n; }");
  const auto one = Mount({{"a/x.so", bytes}, {"b/y.so", bytes}});
  const auto two = Mount({{"c/z.so", bytes}});
  const auto first = Load(one, "a/x.so");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Load(one, "b/y.so").value(), first.value());
  EXPECT_EQ(Load(two, "c/z.so").value(), first.value());
  EXPECT_EQ(loader_.loaded().size(), 1U);
}

TEST_F(LoaderTest, AReplacedBundleGivesItsNewObject) {
  const std::string point = "/test/replaced.zip";
  const auto old = MountAt(
      point, {{"x.so", workshop_.Compile("1.so", "int f() { return 1; }")}});
  const auto handle = Load(old, "x.so");
  const auto replaced = MountAt(
      point, {{"x.so", workshop_.Compile("2.so", "int f() { return 2; }")}});
  EXPECT_EQ(Call(replaced, "x.so", "f"), 2);
  EXPECT_EQ(CallIn(handle.value(), "f"), 1);
  // Each can be made global, though both have one name.
  EXPECT_EQ(Load(replaced, "x.so", RTLD_NOW | RTLD_GLOBAL).value(),
            Load(replaced, "x.so").value());
}

TEST_F(LoaderTest, GlobalCanBeAskedForLater) {
  const auto mount = Mount(
      {{"x.so", workshop_.Compile("x.so", "int only_in_x() { return 1; }")}});
  ASSERT_TRUE(Load(mount, "x.so").ok());
  EXPECT_EQ(::dlsym(RTLD_DEFAULT, "only_in_x"), nullptr);
  const auto handle = Load(mount, "x.so", RTLD_NOW | RTLD_GLOBAL);
  ASSERT_TRUE(handle.ok()) << handle.status().message();
  EXPECT_NE(::dlsym(RTLD_DEFAULT, "only_in_x"), nullptr);
  EXPECT_EQ(FileOf(handle.value(), "only_in_x"), mount->point() + "/x.so");
}

TEST_F(LoaderTest, NoLoadDoesNotLoad) {
  const auto mount =
      Mount({{"x.so", workshop_.Compile("x.so", "int f() { return 1; }")}});
  ExpectFailure(Load(mount, "x.so", RTLD_NOW | RTLD_NOLOAD),
                ErrorCode::kLoadFailed, {"RTLD_NOLOAD"});
  EXPECT_TRUE(loader_.loaded().empty());
}

TEST_F(LoaderTest, LongNamesAreCut) {
  const std::string name = std::string(300, 'n') + ".so";
  const auto mount =
      Mount({{name, workshop_.Compile("x.so", "int f() { return 7; }")}});
  EXPECT_EQ(Call(mount, name, "f"), 7);
}

TEST_F(LoaderTest, RefusesAnotherPython) {
  const std::string bytes = workshop_.Compile("x.so", "int f() { return 3; }");
  const std::string old = "x.cpython-312-x86_64-linux-gnu.so";
  const std::string free = "x.cpython-313t-x86_64-linux-gnu.so";
  const std::string right = "x.cpython-313-x86_64-linux-gnu.so";
  const auto mount = Mount(
      {{old, bytes}, {free, bytes}, {right, bytes}, {"x.abi3.so", bytes}});
  ExpectFailure(
      Load(mount, old), ErrorCode::kWrongPython,
      {mount->point() + "!/" + old, "cpython-312", "(expected cpython-313"});
  ExpectFailure(Load(mount, free), ErrorCode::kWrongPython, {"cpython-313t"});
  EXPECT_TRUE(Load(mount, right).ok());
  EXPECT_TRUE(Load(mount, "x.abi3.so").ok());
  EXPECT_TRUE(loader_.Load({mount, old}, {RTLD_NOW, ""}).ok());
}

TEST(ExtensionTag, ReadsFileNames) {
  EXPECT_EQ(ExtensionTag("x.cpython-313-x86_64-linux-gnu.so"), "cpython-313");
  EXPECT_EQ(ExtensionTag("a.b.cpython-313t-x86_64-linux-gnu.so"),
            "cpython-313t");
  EXPECT_EQ(ExtensionTag("x.cpython-313.so"), "cpython-313");
  EXPECT_EQ(ExtensionTag("x.pypy310-pp73-x86_64-linux-gnu.so"), "pypy310-pp73");
  EXPECT_EQ(ExtensionTag("x.abi3.so"), "");
  EXPECT_EQ(ExtensionTag("x.so"), "");
  EXPECT_EQ(ExtensionTag("libcpython-313-x.so"), "");
  EXPECT_EQ(ExtensionTag("libx.so.1"), "");
  EXPECT_EQ(ExtensionTag(".so"), "");
  EXPECT_EQ(ExtensionTag(""), "");
}

TEST_F(LoaderTest, RefusesAnotherMachine) {
  std::string bytes = workshop_.Compile("x.so", "int f() { return 1; }");
  bytes[offsetof(Elf64_Ehdr, e_machine)] = EM_386;
  const auto mount = Mount({{"x.so", bytes}});
  ExpectFailure(Load(mount, "x.so"), ErrorCode::kWrongMachine,
                {mount->point() + "!/x.so: e_machine EM_386 (expected EM_"});
}

TEST_F(LoaderTest, RefusesAWrongMachineAmongTheNeeds) {
  workshop_.Compile("libb.so", "int b() { return 1; }");
  const std::string a = workshop_.Compile(
      "a.so", "int b(); int a() { return b(); }", "-L. -l:libb.so");
  std::string bytes = workshop_.Bytes("libb.so");
  bytes[offsetof(Elf64_Ehdr, e_machine)] =
      static_cast<char>(static_cast<unsigned char>(EM_AARCH64));
  const auto mount = Mount({{"a.so", a}, {"libb.so", bytes}});
  ExpectFailure(Load(mount, "a.so"), ErrorCode::kWrongMachine,
                {"!/libb.so: ", "EM_AARCH64"});
}

TEST_F(LoaderTest, RefusesWhatIsNoSharedObject) {
  const auto mount = Mount({{"x.so", "#!/bin/sh\n"}, {"empty.so", ""}});
  ExpectFailure(Load(mount, "x.so"), ErrorCode::kBadElf, {"no ELF magic"});
  ExpectFailure(Load(mount, "empty.so"), ErrorCode::kBadElf, {"0 bytes"});
  ExpectFailure(Load(mount, "absent.so"), ErrorCode::kNotFound, {"absent.so"});
  ExpectFailure(Load(mount, ""), ErrorCode::kNotFound, {});
}

TEST_F(LoaderTest, RefusesABadCrc) {
  archive::testing::ZipEntry entry;
  entry.name = "x.so";
  entry.data = workshop_.Compile("x.so", "int f() { return 1; }");
  entry.crc = 1;
  auto archive = archive::Archive::Open(archive::testing::InMemory(
      archive::testing::BuildZip({entry}), "/test/crc.zip"));
  auto mount = tree_.Add("/test/crc.zip", archive.Take());
  ExpectFailure(Load(mount.value(), "x.so"), ErrorCode::kBadCrc, {"x.so"});
}

TEST_F(LoaderTest, TruncatedAtEvery97thByte) {
  const std::string bytes = workshop_.Compile("x.so", "int f() { return 1; }",
                                              "-Wl,-soname,libcut.so");
  Entries entries;
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    entries.emplace_back(std::to_string(size) + ".so", bytes.substr(0, size));
  }
  const auto mount = Mount(entries);
  for (const auto& [name, data] : entries) {
    const auto handle = Load(mount, name);
    // The tail holds sections, which the dynamic linker never reads.
    if (handle.ok()) {
      EXPECT_EQ(CallIn(handle.value(), "f"), 1);
    } else {
      EXPECT_EQ(handle.status().code(), ErrorCode::kBadElf)
          << handle.status().message();
    }
  }
  EXPECT_FALSE(Load(mount, "97.so").ok());
}

TEST_F(LoaderTest, NamesAnUndefinedSymbol) {
  const auto mount =
      Mount({{"x.so",
              workshop_.Compile("x.so", "int g(); int f() { return g(); }")}});
  ExpectFailure(Load(mount, "x.so"), ErrorCode::kUndefinedSymbol,
                {mount->point() + "!/x.so: undefined symbol: g"});
  // It was not registered; the reason is told again.
  ExpectFailure(Load(mount, "x.so"), ErrorCode::kUndefinedSymbol, {});
  EXPECT_TRUE(loader_.loaded().empty());
  EXPECT_TRUE(Load(mount, "x.so", RTLD_LAZY).ok());
}

TEST_F(LoaderTest, TwoThreadsLoadOnce) {
  const auto mount =
      Mount({{"x.so",
              workshop_.Compile("x.so",
                                "#include <unistd.h>\n"
                                "__attribute__((constructor)) void c() "
                                "{ usleep(50000); } int f() { return 1; }")}});
  void* handles[4] = {};
  {
    std::vector<std::jthread> threads;
    for (void*& handle : handles) {
      threads.emplace_back([&] { handle = Load(mount, "x.so").Take(); });
    }
  }
  for (void* handle : handles) EXPECT_EQ(handle, handles[0]);
  EXPECT_EQ(loader_.loaded().size(), 1U);
}

TEST(ContentId, TellsBytesApart) {
  const std::string zeros(1000, '\0');
  std::string other = zeros;
  other[500] = 1;
  EXPECT_EQ(ContentIdOf(AsBytes(zeros)), ContentIdOf(AsBytes(zeros)));
  EXPECT_NE(ContentIdOf(AsBytes(zeros)), ContentIdOf(AsBytes(other)));
  EXPECT_NE(ContentIdOf(AsBytes(zeros)).first,
            ContentIdOf(AsBytes(zeros)).second);
}

}  // namespace
}  // namespace inmem::loader
