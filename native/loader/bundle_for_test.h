// native/loader/bundle_for_test.h: mounted archives of real shared objects.
//
// Test only.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "archive/archive.h"
#include "archive/zip_builder.h"
#include "loader/loader.h"
#include "os/compile.h"
#include "vfs/tree.h"

namespace inmem::loader::testing {

class LoaderTest : public ::testing::Test {
 protected:
  using Entries = std::vector<std::pair<std::string, std::string>>;

  // Mounts an archive of these entries at "/test/<number>.zip".
  std::shared_ptr<const vfs::Mount> Mount(const Entries& entries) {
    static int number = 0;
    return MountAt("/test/" + std::to_string(++number) + ".zip", entries);
  }
  std::shared_ptr<const vfs::Mount> MountAt(const std::string& point,
                                            const Entries& entries) {
    std::vector<archive::testing::ZipEntry> zip;
    std::uint16_t method = 0;
    for (const auto& [name, data] : entries) {
      archive::testing::ZipEntry entry;
      entry.name = name;
      entry.data = data;
      entry.method = method ^= 8;  // every other one deflated
      zip.push_back(std::move(entry));
    }
    auto archive = archive::Archive::Open(
        archive::testing::InMemory(archive::testing::BuildZip(zip), point));
    EXPECT_TRUE(archive.ok()) << archive.status().message();
    tree_.Remove(point);
    auto mount = tree_.Add(point, archive.Take());
    EXPECT_TRUE(mount.ok()) << mount.status().message();
    return mount.Take();
  }

  Result<void*> Load(const std::shared_ptr<const vfs::Mount>& mount,
                     const std::string& entry, int flags = RTLD_NOW) {
    return loader_.Load({mount, entry}, {flags, "cpython-313"});
  }

  // Loads and calls `int name()`; -1 with a test failure where that fails.
  int Call(const std::shared_ptr<const vfs::Mount>& mount,
           const std::string& entry, const char* name, int flags = RTLD_NOW) {
    const auto handle = Load(mount, entry, flags);
    EXPECT_TRUE(handle.ok()) << handle.status().message();
    return handle.ok() ? CallIn(handle.value(), name) : -1;
  }
  static int CallIn(void* handle, const char* name) {
    auto* function = reinterpret_cast<int (*)()>(::dlsym(handle, name));
    EXPECT_NE(function, nullptr) << name;
    return function != nullptr ? function() : -1;
  }
  // The file name that dladdr tells of a function.
  static std::string FileOf(void* handle, const char* name) {
    Dl_info info = {};
    return ::dladdr(::dlsym(handle, name), &info) != 0 ? info.dli_fname : "";
  }

  void ExpectFailure(const Result<void*>& result, ErrorCode code,
                     const std::vector<std::string>& parts) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.status().code(), code) << result.status().message();
    for (const std::string& part : parts) {
      EXPECT_NE(result.status().message().find(part), std::string::npos)
          << result.status().message();
    }
  }

  vfs::Tree tree_;
  Loader loader_;
  os::testing::Workshop workshop_;
};

}  // namespace inmem::loader::testing
