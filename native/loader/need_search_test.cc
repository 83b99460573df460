// native/loader/need_search_test.cc: where a DT_NEEDED is looked for.
#include "loader/need_search.h"

#include <gtest/gtest.h>

#include "archive/zip_builder.h"
#include "loader/host_libraries.h"

namespace inmem::loader {
namespace {

TEST(JoinInArchive, ResolvesDots) {
  EXPECT_EQ(JoinInArchive("a/b", "c.so"), "a/b/c.so");
  EXPECT_EQ(JoinInArchive("a/b", "../c.so"), "a/c.so");
  EXPECT_EQ(JoinInArchive("a/b", "../../x.libs/./c.so"), "x.libs/c.so");
  EXPECT_EQ(JoinInArchive("", "c.so"), "c.so");
  EXPECT_EQ(JoinInArchive("a", ".//b//c.so"), "a/b/c.so");
  EXPECT_EQ(JoinInArchive("a", "../../c.so"), std::nullopt);
  EXPECT_EQ(JoinInArchive("", ".."), std::nullopt);
  EXPECT_EQ(JoinInArchive("a", ".."), std::nullopt);
}

TEST(NamesOfEntries, AreSplitAtTheLastSlash) {
  EXPECT_EQ(FolderOf("a/b/c.so"), "a/b");
  EXPECT_EQ(BaseNameOf("a/b/c.so"), "c.so");
  EXPECT_EQ(FolderOf("c.so"), "");
  EXPECT_EQ(BaseNameOf("c.so"), "c.so");
}

class FindNeedTest : public ::testing::Test {
 protected:
  void Mount(const std::vector<std::string>& names) {
    std::vector<archive::testing::ZipEntry> entries;
    for (const std::string& name : names) {
      entries.emplace_back();
      entries.back().name = name;
    }
    auto archive = archive::Archive::Open(
        archive::testing::InMemory(archive::testing::BuildZip(entries)));
    ASSERT_TRUE(archive.ok());
    mount_ = std::make_unique<vfs::Mount>("/t.zip", archive.Take());
  }
  std::string Find(const Seeker& seeker, std::string_view need = "libn.so") {
    found_ = FindNeed(*mount_, seeker, need);
    return found_.entry.value_or("");
  }
  std::unique_ptr<vfs::Mount> mount_;
  NeedFound found_;
};

TEST_F(FindNeedTest, RunpathComesFirst) {
  Mount({"p/x.so", "p/libn.so", "p.libs/libn.so"});
  EXPECT_EQ(Find({"p/x.so", {}, "$ORIGIN/../p.libs", nullptr}),
            "p.libs/libn.so");
  EXPECT_EQ(Find({"p/x.so", {}, "${ORIGIN}/../p.libs", nullptr}),
            "p.libs/libn.so");
  EXPECT_EQ(Find({"p/x.so", {}, "$ORIGIN", nullptr}), "p/libn.so");
  EXPECT_EQ(Find({"p/x.so", {}, "/usr/lib:$ORIGIN/../p.libs", nullptr}),
            "p.libs/libn.so");
  EXPECT_EQ(Find({"p/x.so", {}, "$ORIGINAL/../p.libs", nullptr}), "p/libn.so");
  EXPECT_EQ(Find({"p/x.so", {}, "$ORIGIN/../../../..", nullptr}), "p/libn.so");
}

TEST_F(FindNeedTest, RpathIsInheritedAndRunpathIsNot) {
  Mount({"p/x.so", "q/y.so", "deep/libn.so"});
  const Seeker by_rpath{"p/x.so", "$ORIGIN/../deep", {}, nullptr};
  EXPECT_EQ(Find({"q/y.so", {}, {}, &by_rpath}), "deep/libn.so");
  EXPECT_EQ(Find({"q/y.so", {}, "$ORIGIN", &by_rpath}), "");
  const Seeker by_runpath{"p/x.so", {}, "$ORIGIN/../deep", nullptr};
  EXPECT_EQ(Find({"q/y.so", {}, {}, &by_runpath}), "");
  const Seeker both{"p/x.so", "$ORIGIN/../deep", "$ORIGIN", nullptr};
  EXPECT_EQ(Find({"q/y.so", {}, {}, &both}), "");
}

TEST_F(FindNeedTest, OwnLibsFolderBeforeOthers) {
  Mount({"s/p/sub/x.so", "s/a.libs/libn.so", "s/p.libs/libn.so"});
  EXPECT_EQ(Find({"s/p/sub/x.so", {}, {}, nullptr}), "s/p.libs/libn.so");
  EXPECT_EQ(Find({"s/q/sub/x.so", {}, {}, nullptr}), "s/a.libs/libn.so");
}

TEST_F(FindNeedTest, HiddenLibsFolder) {
  Mount({"p/x.so", "p/.libs/libn.so"});
  EXPECT_EQ(Find({"p/x.so", {}, {}, nullptr}), "p/.libs/libn.so");
}

TEST_F(FindNeedTest, TellsWhereItLooked) {
  Mount({"p/x.so", "p.libs/libother.so"});
  EXPECT_EQ(Find({"p/x.so", {}, "$ORIGIN/lib:$ORIGIN/lib", nullptr}), "");
  EXPECT_EQ(found_.looked_for,
            (std::vector<std::string>{"p/lib/libn.so", "p/libn.so",
                                      "p.libs/libn.so", "p.libs/* by soname"}));
}

TEST_F(FindNeedTest, ANeedWithASlashIsAPath) {
  Mount({"p/x.so", "lib/libn.so", "p/libn.so"});
  const Seeker seeker{"p/x.so", {}, {}, nullptr};
  EXPECT_EQ(Find(seeker, "$ORIGIN/../lib/libn.so"), "lib/libn.so");
  EXPECT_EQ(Find(seeker, "/usr/lib/libn.so"), "");
  EXPECT_EQ(Find(seeker, "lib/libn.so"), "");
}

TEST(HostLibraries, FollowPep600) {
  EXPECT_EQ(ProviderOf("libc.so.6"), Provider::kHost);
  EXPECT_EQ(ProviderOf("ld-linux-x86-64.so.2"), Provider::kHost);
  EXPECT_EQ(ProviderOf("libstdc++.so.6"), Provider::kLoadedThenArchive);
  EXPECT_EQ(ProviderOf("libz.so.1"), Provider::kArchiveThenHost);
  EXPECT_EQ(ProviderOf("libGL.so.1"), Provider::kArchiveThenHost);
  EXPECT_EQ(ProviderOf("libssl.so.3"), Provider::kArchive);
  EXPECT_EQ(ProviderOf(""), Provider::kArchive);
  EXPECT_TRUE(IsMusl("libc.musl-x86_64.so.1"));
  EXPECT_FALSE(IsMusl("libc.so.6"));
}

}  // namespace
}  // namespace inmem::loader
