// native/loader/loader_bench.cc: loads entries of an archive and tells how long
// each object took. Usage: loader_bench ARCHIVE ENTRY...
//
// A development tool; figures for the docs come from bench/.
#include <dlfcn.h>

#include <cstdio>
#include <filesystem>

#include "archive/archive.h"
#include "loader/loader.h"
#include "loader/stopwatch.h"
#include "os/file_source.h"
#include "vfs/tree.h"

int main(int argc, char** argv) {
  using namespace inmem;  // NOLINT(google-build-using-namespace)
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s ARCHIVE ENTRY...\n", argv[0]);
    return 2;
  }
  const auto fail = [](const Status& status) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    return 1;
  };
  const std::string path = std::filesystem::absolute(argv[1]);
  auto source = os::OpenFileSource(path);
  if (!source.ok()) return fail(source.status());
  auto archive = archive::Archive::Open(source.Take());
  if (!archive.ok()) return fail(archive.status());
  vfs::Tree tree;
  auto mount = tree.Add(path, archive.Take());
  if (!mount.ok()) return fail(mount.status());
  loader::Loader loader;
  for (int i = 2; i < argc; ++i) {
    double milliseconds = 0;
    {
      const loader::Stopwatch stopwatch(milliseconds);
      const auto handle =
          loader.Load({mount.value(), argv[i]}, {RTLD_NOW, "cpython-313"});
      if (!handle.ok()) return fail(handle.status());
    }
    std::printf("%-60s %8.2f ms in all\n", argv[i], milliseconds);
  }
  for (const loader::LoadedObject& object : loader.loaded()) {
    std::printf("  %8.2f ms %10llu bytes  %s\n", object.milliseconds,
                static_cast<unsigned long long>(object.copied_bytes),
                object.path.c_str());
  }
  return 0;
}
