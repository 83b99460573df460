// native/loader/versions_test.cc: versions that an object asks of others.
#include <cstring>
#include <fstream>
#include <map>
#include <span>

#include "elf/edit_plan.h"
#include "loader/bundle_for_test.h"

namespace inmem::loader {
namespace {

class VersionsTest : public testing::LoaderTest {};

TEST_F(VersionsTest, OneSonameTwoBuildsWithVersions) {
  std::map<int, std::shared_ptr<const vfs::Mount>> mounts;
  std::ofstream(workshop_.Path("map")) << "V_1 { global: ver; };";
  for (const int build : {1, 2}) {
    const auto library = workshop_.Compile(
        "libver.so.1", "int ver() { return " + std::to_string(build) + "; }",
        "-Wl,-soname,libver.so.1 -Wl,--version-script=map");
    const auto user =
        workshop_.Compile("user.so", "int ver(); int user() { return ver(); }",
                          "-L. -l:libver.so.1 '-Wl,-rpath,$ORIGIN'");
    mounts[build] = Mount({{"user.so", user}, {"libver.so.1", library}});
  }
  EXPECT_EQ(Call(mounts[1], "user.so", "user"), 1);
  EXPECT_EQ(Call(mounts[2], "user.so", "user"), 2);
}

// As patchelf --remove-needed leaves it; ld.so would end the process.
TEST_F(VersionsTest, OfALibraryThatIsNotNeeded) {
  std::ofstream(workshop_.Path("v.map")) << "V1 { global: v; };";
  const auto library =
      workshop_.Compile("libstray.so", "int v() { return 11; }",
                        "-Wl,--version-script=v.map -Wl,-soname,libstray.so.1");
  auto user = workshop_.Compile(
      "user.so", "int v(); int user() { return v(); }", "-L. -l:libstray.so");
  const auto file = elf::ElfFile::Parse(std::as_bytes(std::span(user)), "user");
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(file.value().needs()[0].name, "libstray.so.1");
  const elf::Edit edit = elf::PlanDrop(file.value(), 0);
  std::memcpy(&user[edit.offset_bytes], edit.bytes.data(), edit.bytes.size());
  const auto mount = Mount({{"user.so", user}, {"libstray.so", library}});
  ExpectFailure(Load(mount, "user.so"), ErrorCode::kMissingLibrary,
                {"!/user.so: asks for versions of libstray.so.1"});
  ASSERT_TRUE(Load(mount, "libstray.so", RTLD_NOW | RTLD_GLOBAL).ok());
  EXPECT_EQ(Call(mount, "user.so", "user"), 11);
}

// The same soname, built without its versions; ld.so would end the process.
TEST_F(VersionsTest, OfALibraryThatHasNone) {
  std::ofstream(workshop_.Path("v.map")) << "V1 { global: bare_v; };";
  const std::string soname = "-Wl,-soname,libbare.so.1";
  workshop_.Compile("libbare.so", "int bare_v() { return 12; }",
                    "-Wl,--version-script=v.map " + soname);
  const auto user = workshop_.Compile(
      "user.so", "int bare_v(); int user() { return bare_v(); }",
      "-L. -l:libbare.so");
  const auto bare =
      workshop_.Compile("libbare.so", "int bare_v() { return 13; }", soname);
  ExpectFailure(
      Load(Mount({{"user.so", user}, {"libbare.so.1", bare}}), "user.so"),
      ErrorCode::kMissingLibrary,
      {"!/user.so: asks for a version of bare_v of libbare.so.1"});
  // Where the symbol is missing as well, ld.so itself says so.
  const auto other =
      workshop_.Compile("libbare.so", "int other() { return 14; }", soname);
  const auto mount = Mount({{"user.so", user}, {"libbare.so.1", other}});
  ExpectFailure(Load(mount, "user.so"), ErrorCode::kUndefinedSymbol,
                {"bare_v"});
}

// The same within a circle, whose members are opened together.
TEST_F(VersionsTest, OfAMemberOfACircleThatHasNone) {
  std::ofstream(workshop_.Path("r.map")) << "V1 { global: ring_a; };";
  const std::string a = "librings-member-a.so.1";
  const std::string b = "librings-member-b.so.1";
  const auto soname = [](const std::string& name) {
    return "-nostdlib -Wl,--no-as-needed -Wl,-soname," + name + " ";
  };
  workshop_.Compile(a, "int ring_a() { return 1; }",
                    soname(a) + "-Wl,--version-script=r.map");
  const auto second = workshop_.Compile(
      b, "int ring_a(); int ring_b() { return ring_a() + 1; }",
      soname(b) + "-L. -l:" + a);
  const auto first = workshop_.Compile(
      a,
      "int ring_b(); int ring_a() { return 1; } int f() { return ring_b(); }",
      soname(a) + "-L. -l:" + b);
  ExpectFailure(Load(Mount({{a, first}, {b, second}}), a),
                ErrorCode::kMissingLibrary,
                {b + ": asks for a version of ring_a of " + a});
}

}  // namespace
}  // namespace inmem::loader
