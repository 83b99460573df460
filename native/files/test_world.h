// native/files/test_world.h: one tree, on disk and in an archive. Test only.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "archive/zip_builder.h"
#include "files/files.h"
#include "os/file_source.h"
#include "vfs/tree.h"

namespace inmem::files::testing {

struct Sample {
  std::string name;  // a folder ends with '/'
  std::string data;  // of a symbolic link: its text
  mode_t mode = 0100644;
};

// Deflated and stored, large and empty, executable, linked to.
inline const std::vector<Sample>& Samples() {
  static const auto& samples = *new std::vector<Sample>{
      {"pkg/__init__.py", "value = 1\n"},
      {"pkg/data/a.txt", "hello, file\n"},
      {"pkg/data/empty", ""},
      {"pkg/data/large.bin", std::string(700'000, 'x') + "end"},
      {"pkg/tool.sh", "#!/bin/sh\nexit 0\n", 0100755},
      {"pkg/hollow/", "", 040755},
      {"pkg/to_a", "data/a.txt", 0120777},
      {"pkg/to_data", "data", 0120777},
      {"pkg/data/up", "../__init__.py", 0120777},
      {"pkg/dangling", "nowhere", 0120777},
      {"pkg/loop1", "loop2", 0120777},
      {"pkg/loop2", "loop1", 0120777},
  };
  return samples;
}

inline std::string BuildSamples() {
  std::vector<archive::testing::ZipEntry> entries;
  for (const Sample& sample : Samples()) {
    archive::testing::ZipEntry entry;
    entry.name = sample.name;
    entry.data = sample.data;
    entry.method = sample.data.size() > 100 ? 8 : 0;
    entry.external_attributes = static_cast<std::uint32_t>(sample.mode) << 16;
    entries.push_back(entry);
  }
  return archive::testing::BuildZip(entries);
}

// The process's tree, attached once, and a folder for each test.
class World : public ::testing::Test {
 protected:
  static vfs::Tree& tree() {
    static vfs::Tree& tree = []() -> vfs::Tree& {
      auto* made = new vfs::Tree();
      Attach(*made);
      return *made;
    }();
    return tree;
  }

  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "inmem-files-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = std::filesystem::canonical(pattern);
    WriteDisk();
    zip_ = folder_ + "/app.pyz";
    std::ofstream(zip_, std::ios::binary) << BuildSamples();
    mount_ = Mount(zip_);
    cwd_ = std::filesystem::current_path();
  }

  void TearDown() override {
    EXPECT_EQ(::chdir(cwd_.c_str()), 0);
    for (const std::string& point : points_) tree().Remove(point);
    std::filesystem::remove_all(folder_);
  }

  std::shared_ptr<const vfs::Mount> Mount(const std::string& path) {
    auto source = os::OpenFileSource(path);
    EXPECT_TRUE(source.ok()) << source.status().message();
    return Mount(path, source.Take());
  }
  std::shared_ptr<const vfs::Mount> Mount(
      const std::string& point,
      std::shared_ptr<const archive::ByteSource> source) {
    auto archive = archive::Archive::Open(std::move(source));
    EXPECT_TRUE(archive.ok()) << archive.status().message();
    auto added = tree().Add(point, archive.Take());
    EXPECT_TRUE(added.ok()) << added.status().message();
    points_.push_back(point);
    return added.Take();
  }

  // The same name on both sides.
  std::string Disk(const std::string& name) const {
    return folder_ + "/disk" + (name.empty() ? "" : "/" + name);
  }
  std::string Virtual(const std::string& name) const {
    return zip_ + (name.empty() ? "" : "/" + name);
  }

  std::string folder_;
  std::string zip_;
  std::string cwd_;
  std::shared_ptr<const vfs::Mount> mount_;
  std::vector<std::string> points_;

 private:
  void WriteDisk() {
    for (const Sample& sample : Samples()) {
      const std::filesystem::path path = Disk(sample.name);
      std::filesystem::create_directories(path.parent_path());
      if (S_ISLNK(sample.mode)) {
        std::filesystem::create_symlink(sample.data, path);
      } else if (S_ISREG(sample.mode)) {
        std::ofstream(path, std::ios::binary) << sample.data;
        ASSERT_EQ(::chmod(path.c_str(), sample.mode & 0555), 0);
      }
    }
  }
};

}  // namespace inmem::files::testing
