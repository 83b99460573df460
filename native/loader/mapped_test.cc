// native/loader/mapped_test.cc: the tiers, and bundles that are files.
#include <filesystem>
#include <fstream>

#include "loader/file_bundle_for_test.h"
#include "os/mapping.h"

namespace inmem::loader {
namespace {

using Wish = TierChoice::Wish;

class MappedTest : public testing::FileBundleTest {
 protected:
  LoadedObject Last() { return loader_.loaded().back(); }

  // Large enough to have whole pages of text and constants.
  std::string Library(const std::string& name, int answer) {
    return workshop_.Compile(
        name,
        "static const int table[3000] = {[7] = " + std::to_string(answer) +
            "}; int data = 1; __attribute__((constructor)) static void "
            "init() { data += table[7]; } int f() { return data - 1; }"
            "int g(int n) { return table[n & 2047]; }");
  }
};

TEST_F(MappedTest, AutoMapsWhatItCan) {
  const auto mount = MountFile("1.zip", {{"p/x.so", Library("x.so", 42)}});
  EXPECT_EQ(Call(mount, "p/x.so", "f"), 42);
  const LoadedObject object = Last();
  EXPECT_EQ(object.tier, Tier::kMapped);
  EXPECT_GE(object.mapped_bytes, 3 * os::PageSize());
  EXPECT_LT(object.copied_bytes, object.size_bytes);
  EXPECT_EQ(FileOf(Load(mount, "p/x.so").value(), "f"),
            mount->point() + "/p/x.so");
  // The code lies in the bundle's file.
  std::ifstream maps("/proc/self/maps");
  const std::string text{std::istreambuf_iterator<char>(maps), {}};
  const auto line = text.find(mount->point());
  EXPECT_NE(line, std::string::npos);
}

TEST_F(MappedTest, EveryTierRuns) {
  int answer = 100;
  for (const auto& [wish, tier] : {std::pair{Wish::kMapped, Tier::kMapped},
                                   {Wish::kMemfd, Tier::kMemfd},
                                   {Wish::kTmpfs, Tier::kTmpfs},
                                   {Wish::kExtract, Tier::kExtract}}) {
    Choose(wish);
    const std::string name = "t" + std::to_string(++answer);
    const auto mount =
        MountFile(name + ".zip", {{name + ".so", Library(name, answer)}});
    const auto handle = Load(mount, name + ".so");
    if (!handle.ok() && tier == Tier::kTmpfs) {
      EXPECT_EQ(handle.status().code(), ErrorCode::kLoadTier);
      continue;  // the host refuses user namespaces
    }
    ASSERT_TRUE(handle.ok()) << handle.status().message();
    EXPECT_EQ(CallIn(handle.value(), "f"), answer);
    EXPECT_EQ(Last().tier, tier);
    EXPECT_EQ(FileOf(handle.value(), "f"), mount->point() + "/" + name + ".so");
  }
}

TEST_F(MappedTest, SaysWhyNot) {
  Choose(Wish::kMapped);
  const auto expect = [this](const std::shared_ptr<const vfs::Mount>& mount,
                             const std::string& entry, const char* reason) {
    EXPECT_TRUE(Load(mount, entry).ok());
    EXPECT_EQ(Last().tier, Tier::kMemfd);
    EXPECT_EQ(Last().reason, reason);
  };
  expect(MountFile("2.zip", {{"x.so", Library("x2.so", 2)}}, false), "x.so",
         "the entry is not page-aligned");
  expect(MountFile("3.zip", {{"x.so", Library("x3.so", 3)}}, true, 8), "x.so",
         "the entry is compressed");
  expect(Mount({{"x.so", Library("x4.so", 4)}}), "x.so",
         "the bundle is not a file");
  Choose(Wish::kAuto, true);
  expect(MountFile("5.zip", {{"x.so", Library("x5.so", 5)}}), "x.so",
         "a sealed copy was asked for");
}

// What the user does with the file later.
TEST_F(MappedTest, AReplacedFileGoesOn) {
  const auto mount = MountFile("6.zip", {{"x.so", Library("x6.so", 6)}});
  const auto handle = Load(mount, "x.so");
  ASSERT_TRUE(handle.ok());
  std::filesystem::rename(workshop_.Path("6.zip"), workshop_.Path("old.zip"));
  std::ofstream(workshop_.Path("6.zip")) << "another file";
  std::filesystem::remove(workshop_.Path("old.zip"));
  EXPECT_EQ(CallIn(handle.value(), "f"), 6);
}

TEST_F(MappedTest, APinnedOneSeesNoRewriting) {
  Choose(Wish::kAuto, true);
  const auto mount = MountFile("7.zip", {{"x.so", Library("x7.so", 7)}});
  const auto handle = Load(mount, "x.so");
  ASSERT_TRUE(handle.ok());
  const auto size = std::filesystem::file_size(workshop_.Path("7.zip"));
  std::ofstream(workshop_.Path("7.zip"), std::ios::in | std::ios::binary)
      << std::string(size, '\xcc');
  EXPECT_EQ(CallIn(handle.value(), "f"), 7);
  auto* g = reinterpret_cast<int (*)(int)>(::dlsym(handle.value(), "g"));
  EXPECT_EQ(g(7), 7);
}

TEST_F(MappedTest, AFileThatWasCutIsAnError) {
  const auto mount = MountFile("8.zip", {{"x.so", Library("x8.so", 8)}});
  std::filesystem::resize_file(workshop_.Path("8.zip"), os::PageSize() + 100);
  ExpectFailure(Load(mount, "x.so"), ErrorCode::kFileChanged, {"8.zip"});
}

TEST_F(MappedTest, TheSameBytesAreSharedAcrossTiers) {
  const std::string bytes = Library("x9.so", 9);
  const auto file = MountFile("9.zip", {{"x.so", bytes}});
  const auto memory = Mount({{"y.so", bytes}});
  const auto first = Load(file, "x.so");
  const auto second = Load(memory, "y.so");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first.value(), second.value());
  EXPECT_EQ(loader_.loaded().size(), 1U);
}

// glibc looks the names of loaded objects' needs up again at each load above:
// what was edited in a copy must be so in the mapped pages, too.
TEST_F(MappedTest, EditedNamesStay) {
  const auto bottom =
      workshop_.Compile("libbottom-of-three.so", "int bottom() { return 5; }");
  const auto middle = workshop_.Compile(
      "libmid3.so", "int bottom(); int mid() { return bottom() + 1; }",
      "-L. -l:libbottom-of-three.so -Wl,-soname,libmid3.so");
  const auto user = [this](const std::string& name) {
    return workshop_.Compile(name + ".so",
                             "int mid(); int " + name + "() { return mid(); }",
                             "-L. -l:libmid3.so");
  };
  const auto file = MountFile("12.zip", {{"one.so", user("one")},
                                         {"two.so", user("two")},
                                         {"libmid3.so", middle},
                                         {"libbottom-of-three.so", bottom}});
  EXPECT_EQ(Call(file, "one.so", "one"), 6);
  EXPECT_EQ(Call(file, "two.so", "two"), 6);
  for (const LoadedObject& object : loader_.loaded()) {
    EXPECT_EQ(object.tier, Tier::kMapped) << object.path;
    EXPECT_EQ(loader_.CountViolations(object.path), 0U) << object.path;
  }
  // The same bytes elsewhere are the same objects.
  const auto again =
      Mount({{"libmid3.so", middle}, {"libbottom-of-three.so", bottom}});
  EXPECT_EQ(Load(again, "libmid3.so").value(),
            Load(file, "libmid3.so").value());
}

TEST_F(MappedTest, ThreadLocalAndExceptionTablesWork) {
  const auto bytes = workshop_.CompileCxx("e.so", R"(
      #include <stdexcept>
      thread_local int counter = 4;
      extern "C" int f() {
        try { throw std::runtime_error("x"); }
        catch (const std::exception &) { return ++counter; }
        return 0;
      })");
  const auto mount = MountFile("11.zip", {{"e.so", bytes}});
  EXPECT_EQ(Call(mount, "e.so", "f"), 5);
  EXPECT_EQ(Last().tier, Tier::kMapped);
}

}  // namespace
}  // namespace inmem::loader
