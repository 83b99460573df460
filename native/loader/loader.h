// native/loader/loader.h: shared objects of an archive, into this process.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "vfs/tree.h"

namespace inmem::loader {

// One loaded shared object, for --report.
struct LoadedObject {
  std::string path;        // virtual path; also its link_map::l_name
  std::string soname;      // "" where it has none
  std::string memfd_name;  // as /proc/self/maps shows it, without "/memfd:"
  std::string method;      // "memfd"
  std::uint64_t size_bytes = 0;
  std::uint64_t copied_bytes = 0;  // written into anonymous memory
  std::uint64_t mapped_bytes = 0;  // mapped from the archive itself
  double milliseconds = 0;  // this object alone, without its dependencies
};

// Threads: all members may be called concurrently; loading is serialised.
class Loader {
 public:
  Loader();
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  struct Options {
    int flags = 0;  // dlopen's RTLD_*
    // Checked for file names that carry a CPython tag: "cpython-313". An
    // extension for another Python gives kWrongPython. Empty: not checked.
    std::string_view python_tag;
  };

  // Loads the shared object at `location` and, first, what it needs from its
  // archive; gives dlopen's handle. The same object gives the same handle.
  // Errors: kBadElf, kWrongMachine, kWrongPython, kMissingLibrary,
  // kUndefinedSymbol, kLoadFailed, kMemfd, and the archive's own.
  Result<void*> Load(const vfs::Location& location, const Options& options);

  // Everything loaded so far, in order.
  std::vector<LoadedObject> loaded() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inmem::loader
