// native/loader/loader_bench.cc: loads one shared object and tells how long it
// took, as one line of JSON. For bench/loader.mjs, which compares the two.
//
// usage: loader_bench TIER ARCHIVE ENTRY [THREADS]
//            TIER: auto, mapped, memfd, ...; THREADS: Policy::threads
//        loader_bench disk FILE
//            a plain dlopen
//
// The archive is open and mounted before the clock starts: that is done once
// for a bundle, not for each object. Constructors are part of the time.
#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "loader/loader.h"
#include "loader/stopwatch.h"
#include "os/file_source.h"
#include "vfs/tree.h"

namespace {

using namespace inmem;  // NOLINT(google-build-using-namespace)

int Fail(const std::string& message) {
  std::fprintf(stderr, "loader_bench: %s\n", message.c_str());
  return 1;
}

struct Sums {
  double milliseconds = 0;
  double binding_milliseconds = 0;
  double constructor_milliseconds = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t copied_bytes = 0;
  std::uint64_t mapped_bytes = 0;
  std::uint64_t rebindings = 0;
};

Sums SumUp(const std::vector<loader::LoadedObject>& objects) {
  Sums sums;
  for (const loader::LoadedObject& object : objects) {
    sums.milliseconds += object.milliseconds;
    sums.binding_milliseconds += object.binding_milliseconds;
    sums.constructor_milliseconds += object.constructor_milliseconds;
    sums.size_bytes += object.size_bytes;
    sums.copied_bytes += object.copied_bytes;
    sums.mapped_bytes += object.mapped_bytes;
    sums.rebindings += object.rebindings.size();
  }
  return sums;
}

int LoadFromDisk(const char* file) {
  double milliseconds = 0;
  void* handle = nullptr;
  {
    const loader::Stopwatch stopwatch(milliseconds);
    // NOLINTNEXTLINE(clang-analyzer-optin.taint.GenericTaint): as asked for
    handle = ::dlopen(file, RTLD_NOW);
  }
  if (handle == nullptr) return Fail(::dlerror());
  std::printf("{\"value\": %.4f}\n", milliseconds);
  return 0;
}

int LoadFromArchive(const std::string& tier, const std::string& archive_path,
                    const std::string& entry,
                    std::optional<std::size_t> threads) {
  const auto wish = loader::WishOf(tier);
  if (!wish) return Fail("no such tier: " + tier);
  const std::string path = std::filesystem::absolute(archive_path);
  auto source = os::OpenFileSource(path);
  if (!source.ok()) return Fail(source.status().message());
  auto archive = archive::Archive::Open(source.Take());
  if (!archive.ok()) return Fail(archive.status().message());
  vfs::Tree tree;
  auto mount = tree.Add(path, archive.Take());
  if (!mount.ok()) return Fail(mount.status().message());

  loader::Loader loader;
  loader.SetPolicy({{*wish, false}, {}, threads});
  double milliseconds = 0;
  Status status;
  {
    const loader::Stopwatch stopwatch(milliseconds);
    status =
        loader.Load({mount.value(), entry}, {RTLD_NOW, "cpython-313"}).status();
  }
  if (!status.ok()) return Fail(status.message());
  const auto objects = loader.loaded();
  const Sums sums = SumUp(objects);
  std::printf(
      "{\"value\": %.4f, \"objects\": %zu, \"milliseconds\": %.4f, "
      "\"bindingMilliseconds\": %.4f, \"constructorMilliseconds\": %.4f, "
      "\"sizeBytes\": %llu, \"copiedBytes\": %llu, \"mappedBytes\": %llu, "
      "\"rebindings\": %llu}\n",
      milliseconds, objects.size(), sums.milliseconds,
      sums.binding_milliseconds, sums.constructor_milliseconds,
      static_cast<unsigned long long>(sums.size_bytes),
      static_cast<unsigned long long>(sums.copied_bytes),
      static_cast<unsigned long long>(sums.mapped_bytes),
      static_cast<unsigned long long>(sums.rebindings));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "disk") {
    return LoadFromDisk(argv[2]);
  }
  if (argc == 4) {
    return LoadFromArchive(argv[1], argv[2], argv[3], std::nullopt);
  }
  if (argc == 5) {
    return LoadFromArchive(argv[1], argv[2], argv[3],
                           std::strtoul(argv[4], nullptr, 10));
  }
  return Fail("usage: loader_bench TIER ARCHIVE ENTRY [THREADS] | disk FILE");
}
