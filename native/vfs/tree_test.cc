// native/vfs/tree_test.cc: tests of mounts, the tree and normalisation.
#include "vfs/tree.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "archive/zip_builder.h"

namespace inmem::vfs {
namespace {

using archive::Archive;
using archive::testing::BuildZip;
using archive::testing::InMemory;
using archive::testing::ZipEntry;
using Names = std::vector<std::string_view>;

std::shared_ptr<const Archive> MakeArchive(
    const std::vector<std::string>& names, const std::string& name = "a.zip") {
  std::vector<ZipEntry> entries;
  for (const std::string& entry : names) {
    entries.push_back({.name = entry, .data = "data"});
  }
  auto archive = Archive::Open(InMemory(BuildZip(entries), name));
  EXPECT_TRUE(archive.ok()) << archive.status().message();
  return archive.Take();
}

Mount::Kind KindOf(const Mount& mount, std::string_view name) {
  return mount.Lookup(name).kind;
}

TEST(Mount, FilesAndFolders) {
  const Mount mount("/app.pyz", MakeArchive({"__main__.py", "pkg/__init__.py",
                                             "pkg/sub/deep/mod.py", "explicit/",
                                             "pkg/data.txt"}));
  using enum Mount::Kind;
  EXPECT_EQ(mount.point(), "/app.pyz");
  EXPECT_EQ(KindOf(mount, ""), kDirectory);
  EXPECT_EQ(KindOf(mount, "__main__.py"), kFile);
  EXPECT_EQ(mount.Lookup("pkg/data.txt").index, 4u);
  EXPECT_EQ(KindOf(mount, "pkg"), kDirectory);
  EXPECT_EQ(KindOf(mount, "pkg/sub"), kDirectory);
  EXPECT_EQ(KindOf(mount, "pkg/sub/deep"), kDirectory);
  EXPECT_EQ(KindOf(mount, "explicit"), kDirectory);
  EXPECT_EQ(KindOf(mount, "explicit/"), kNone);
  EXPECT_EQ(KindOf(mount, "pk"), kNone);
  EXPECT_EQ(KindOf(mount, "pkg/sub/nothing"), kNone);
  EXPECT_EQ(KindOf(mount, "__main__.py/below"), kNone);
  EXPECT_EQ(mount.FindFile("pkg/__init__.py"), 1u);
  EXPECT_FALSE(mount.FindFile("pkg"));
  EXPECT_FALSE(mount.FindFile("explicit/"));
}

TEST(Mount, ListsSorted) {
  const Mount mount(
      "/m", MakeArchive({"pkg/z.py", "b.py", "pkg/a.py", "empty/", "pkg/sub/x",
                         "other/y/z/w", "pkg/m.py"}));
  EXPECT_EQ(mount.List(""), (Names{"b.py", "empty", "other", "pkg"}));
  EXPECT_EQ(mount.List("pkg"), (Names{"a.py", "m.py", "sub", "z.py"}));
  EXPECT_EQ(mount.List("pkg/sub"), Names{"x"});
  EXPECT_EQ(mount.List("other"), Names{"y"});
  EXPECT_EQ(mount.List("other/y"), Names{"z"});
  EXPECT_EQ(mount.List("empty"), Names{});
  EXPECT_FALSE(mount.List("b.py"));
  EXPECT_FALSE(mount.List("nothing"));
  EXPECT_FALSE(mount.List("pkg/"));
}

TEST(Mount, EmptyArchiveIsAnEmptyFolder) {
  const Mount mount("/m", MakeArchive({}));
  EXPECT_EQ(mount.List(""), Names{});
  EXPECT_EQ(KindOf(mount, "a"), Mount::Kind::kNone);
}

// No normalised path leads to such entries, so the tree does not show them.
TEST(Mount, UnreachableNamesAreNotPartOfTheTree) {
  const Mount mount("/m", MakeArchive({"./dot.py", "a//double.py", "b/./c",
                                       "x/.", "d//", ".hidden/f"}));
  EXPECT_EQ(mount.List(""), (Names{".hidden", "x"}));
  EXPECT_EQ(mount.List("x"), Names{});
  EXPECT_EQ(KindOf(mount, "a"), Mount::Kind::kNone);
  EXPECT_EQ(KindOf(mount, "dot.py"), Mount::Kind::kNone);
}

// Each would have half its length of parents, as long on average again.
TEST(Mount, NamesLongerThanPathsAreNotPartOfTheTree) {
  std::string deep;
  while (deep.size() < 60'000) deep += "a/";
  std::vector<std::string> names = {"b/f"};
  for (int i = 0; i < 20; ++i) {
    names.push_back(std::to_string(i) + "/" + deep + "f");
  }
  const Mount mount("/m", MakeArchive(names));
  EXPECT_EQ(mount.List(""), Names{"b"});
  EXPECT_EQ(KindOf(mount, "0/a"), Mount::Kind::kNone);
}

TEST(Mount, AFileHidesAFolderOfItsName) {
  const Mount mount("/m", MakeArchive({"a", "a/b"}));
  EXPECT_EQ(KindOf(mount, "a"), Mount::Kind::kFile);
  EXPECT_FALSE(mount.List("a"));
  EXPECT_EQ(mount.List(""), Names{"a"});
  EXPECT_EQ(KindOf(mount, "a/b"), Mount::Kind::kFile);
}

std::string Numbered(std::string prefix, int number) {
  return prefix.append(std::to_string(number));
}

TEST(Mount, FoldersAreBuiltOnceByManyThreads) {
  std::vector<std::string> names;
  for (int i = 0; i < 5000; ++i) {
    names.push_back(Numbered("p", i % 100) + Numbered("/m", i));
  }
  const Mount mount("/m", MakeArchive(names));
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&mount, i] {
      const std::string folder = Numbered("p", i);
      EXPECT_EQ(KindOf(mount, folder), Mount::Kind::kDirectory);
      EXPECT_EQ(mount.List(folder)->size(), 50u);
      EXPECT_EQ(mount.List("")->size(), 100u);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// "point|rest", or "" where the path is not ours.
std::string Where(const Tree& tree, std::string_view path) {
  const auto location = tree.Locate(path);
  if (!location) return "";
  return location->mount->point() + "|" + location->name;
}

TEST(Tree, LocatesTheLongestMountAtASlash) {
  Tree tree;
  EXPECT_EQ(Where(tree, "/x"), "");
  for (const char* point :
       {"/srv/app.pyz", "/srv/app.pyz/inner.whl", "/srv/other.zip"}) {
    ASSERT_TRUE(tree.Add(point, MakeArchive({"a"}, point)).ok());
  }
  EXPECT_EQ(tree.mounts().size(), 3u);
  EXPECT_EQ(Where(tree, "/srv/app.pyz"), "/srv/app.pyz|");
  EXPECT_EQ(Where(tree, "/srv/app.pyz/"), "/srv/app.pyz|");
  EXPECT_EQ(Where(tree, "/srv/app.pyz/a/b.py"), "/srv/app.pyz|a/b.py");
  EXPECT_EQ(Where(tree, "/srv/app.pyz/inner.whl"), "/srv/app.pyz/inner.whl|");
  EXPECT_EQ(Where(tree, "/srv/app.pyz/inner.whl/a"),
            "/srv/app.pyz/inner.whl|a");
  EXPECT_EQ(Where(tree, "/srv/app.pyz/inner.whl2"), "/srv/app.pyz|inner.whl2");
  EXPECT_EQ(Where(tree, "/srv/other.zip/x"), "/srv/other.zip|x");
  for (const char* path :
       {"", "/", "/srv", "/srv/", "/srv/app.py", "/srv/app.pyz2",
        "/srv/app.pyzz/a", "/usr/lib/python3", "srv/app.pyz", "/srv/other.zi",
        "/srv/thing.zip/x"}) {
    EXPECT_EQ(Where(tree, path), "") << path;
  }
}

TEST(Tree, AddAndRemove) {
  Tree tree;
  const auto archive = MakeArchive({"a"}, "/one.zip");
  const auto mount = tree.Add("/one.zip", archive);
  ASSERT_TRUE(mount.ok());
  // The same archive again is the same mount; another one is refused.
  EXPECT_EQ(tree.Add("/one.zip", archive).value(), mount.value());
  const auto taken = tree.Add("/one.zip", MakeArchive({"b"}, "/two.zip"));
  EXPECT_EQ(taken.status().code(), ErrorCode::kInterpreter);
  EXPECT_NE(taken.status().message().find("/one.zip"), std::string::npos);
  for (const char* point : {"", "/", "one.zip", "/one/", "//one", "/a/../b"}) {
    EXPECT_EQ(tree.Add(point, archive).status().code(), ErrorCode::kInterpreter)
        << point;
  }
  EXPECT_EQ(tree.mounts().size(), 1u);
  tree.Remove("/nothing");
  tree.Remove(mount.value()->point());
  EXPECT_TRUE(tree.mounts().empty());
  EXPECT_EQ(Where(tree, "/one.zip/a"), "");
  // Who holds the mount can go on reading.
  EXPECT_EQ(KindOf(*mount.value(), "a"), Mount::Kind::kFile);
  EXPECT_TRUE(tree.Add("/one.zip", MakeArchive({"b"})).ok());
}

TEST(Tree, ReadersRunBesideAddAndRemove) {
  Tree tree;
  const auto archive = MakeArchive({"a/b"});
  ASSERT_TRUE(tree.Add("/always.zip", archive).ok());
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        EXPECT_EQ(Where(tree, "/always.zip/a/b"), "/always.zip|a/b");
        if (const auto it = tree.Locate("/sometimes.zip/a/b")) {
          EXPECT_EQ(it->mount->Lookup(it->name).kind, Mount::Kind::kFile);
        }
        std::this_thread::yield();  // or a writer may wait for long
      }
    });
  }
  for (int i = 0; i < 500; ++i) {
    EXPECT_TRUE(tree.Add("/sometimes.zip", archive).ok());
    tree.Remove("/sometimes.zip");
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST(Normalize, Table) {
  const std::pair<const char*, const char*> cases[] = {
      {"/", "/"},
      {"", "/"},
      {"//", "/"},
      {"/a", "/a"},
      {"/a/", "/a"},
      {"/a//b", "/a/b"},
      {"//a/./b/.", "/a/b"},
      {"/a/b/..", "/a"},
      {"/a/b/../c", "/a/c"},
      {"/..", "/"},
      {"/../../a", "/a"},
      {"/a/../..", "/"},
      {"/a/...", "/a/..."},
      {"/a/..b", "/a/..b"},
      {"/a/.b/", "/a/.b"},
      {"a/b", "/a/b"},
  };
  for (const auto& [path, expected] : cases) {
    EXPECT_EQ(Normalize(path), expected) << path;
  }
}

}  // namespace
}  // namespace inmem::vfs
