// native/loader/file_bundle_for_test.h: archives on disk, and the tiers.
//
// Test only.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "loader/bundle_for_test.h"
#include "os/file_source.h"
#include "os/mapping.h"

namespace inmem::loader::testing {

class FileBundleTest : public LoaderTest {
 protected:
  // An archive on disk; with `aligned`, data begins at pages.
  std::shared_ptr<const vfs::Mount> MountFile(const std::string& name,
                                              const Entries& entries,
                                              bool aligned = true,
                                              std::uint16_t method = 0) {
    std::vector<archive::testing::ZipEntry> zip;
    std::size_t at = 0;
    for (const auto& [entry_name, data] : entries) {
      archive::testing::ZipEntry entry;
      entry.name = entry_name;
      entry.data = data;
      entry.method = method;
      const std::size_t header = 30 + entry_name.size();
      const std::size_t page = os::PageSize();
      entry.gap = std::string((2 * page - (at + header) % page) % page, '\0');
      if (!aligned) entry.gap += "odd";
      at += entry.gap.size() + header + data.size();
      zip.push_back(std::move(entry));
    }
    const std::string path =
        std::filesystem::path(workshop_.Path(name)).lexically_normal();
    std::ofstream(path, std::ios::binary) << archive::testing::BuildZip(zip);
    auto source = os::OpenFileSource(path);
    EXPECT_TRUE(source.ok()) << source.status().message();
    auto archive = archive::Archive::Open(source.Take());
    EXPECT_TRUE(archive.ok()) << archive.status().message();
    auto mount = tree_.Add(path, archive.Take());
    EXPECT_TRUE(mount.ok()) << mount.status().message();
    return mount.Take();
  }
  void Choose(TierChoice::Wish wish, bool pin = false) {
    Policy policy;
    policy.tier = {wish, pin};
    loader_.SetPolicy(policy);
  }
};

}  // namespace inmem::loader::testing
