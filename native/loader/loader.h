// native/loader/loader.h: shared objects of an archive, into this process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "loader/tier.h"
#include "vfs/tree.h"

namespace inmem::loader {

// A reference that the dynamic linker had bound elsewhere than on disk. The
// texts belong to objects that are never unloaded.
struct Rebinding {
  std::string_view symbol;
  std::uintptr_t from = 0;  // the address that it was bound to
  // Virtual path of the object that it is bound to now; "" for null, which a
  // weak reference is where nothing defines it.
  const char* to = nullptr;
};

// One loaded shared object, for reports.
struct LoadedObject {
  std::string path;        // virtual path; also its link_map::l_name
  std::string soname;      // "" where it has none
  std::string memfd_name;  // as /proc/self/maps shows it, without "/memfd:";
                           // "" where it lies in no memory file
  Tier tier = Tier::kMemfd;
  std::string reason;  // why this tier, such as "the entry is compressed"
  std::uintptr_t base = 0;
  std::uint64_t memory_bytes = 0;  // from its first segment on
  std::string build_id;            // hexadecimal; "" where it has none
  std::uint64_t size_bytes = 0;
  std::uint64_t copied_bytes = 0;  // written into memory (or a folder)
  std::uint64_t mapped_bytes = 0;  // mapped from the bundle itself
  // This object alone, without what it needs; without its constructors.
  double milliseconds = 0;
  double binding_milliseconds = 0;  // of them, for edits and rebinding
  double constructor_milliseconds = 0;
  std::vector<Rebinding> rebindings;
};

// What holds for all loads from now on.
struct Policy {
  TierChoice tier;
  // Needed names that are taken from the host although PEP 600 does not allow
  // it, because the user says so.
  std::vector<std::string> host_libraries;
  // How many threads inflate the objects of one load, beside the one that
  // loads them; as many as make sense here if not given.
  std::optional<std::size_t> threads;
};

// What a thread holds that constructors may want (Python's GIL).
struct Waiting {
  // Lets it go; null: this thread does not hold it.
  void* (*leave)();
  // Takes it again; `left` is what leave() gave.
  void (*come_back)(void* left);
};

// Threads: all members may be called concurrently; loading is serialised, and
// constructors run meanwhile. In a child of fork it can be used whatever other
// threads were loading.
class Loader {
 public:
  Loader();
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  void SetPolicy(Policy policy);

  // From now on copies in memory files are those of ancestors of this process
  // where these offer them, and are offered to its children (offers.h).
  // Takes: INMEM_SHARED of this process, "" for none; what is to be done with
  // its value for children, once there is one: called while something is
  // loaded, and must not call this loader.
  void ShareCopies(std::string_view inherited,
                   std::function<void(const std::string& value)> publish);

  // What a thread lets go while it waits for another one's load: that one's
  // constructors may be waiting for it. For all loaders of the process.
  static void LetGoWhileWaiting(const Waiting& waiting);

  // From now on objects that are loaded and call the C library's `function`
  // call `to` instead.
  void Redirect(const std::string& function, void* to);

  struct Options {
    int flags = 0;  // dlopen's RTLD_*
    // Checked for file names that carry a CPython tag: "cpython-313". An
    // extension for another Python gives kWrongPython. Empty: not checked.
    std::string_view python_tag;
  };

  // Loads the shared object at `location` and, first, what it needs from its
  // archive; gives dlopen's handle. The same object gives the same handle.
  // Constructors have run when it returns, but for those that called it.
  // Errors: kBadElf, kWrongMachine, kWrongPython, kMissingLibrary,
  // kUndefinedSymbol, kLoadFailed, kMemfd, and the archive's own.
  Result<void*> Load(const vfs::Location& location, const Options& options);

  // dlopen by the code at `caller`, of a name without '/' or one that begins
  // with $ORIGIN: a library that the caller's object would find as it finds its
  // needs, else one of that soname that is loaded. Null, without an error,
  // where neither is there: the host may have it. `tree`: what is mounted; the
  // caller's archive may have been unmounted and be there again.
  Result<void*> LoadFor(const void* caller, std::string_view name,
                        const vfs::Tree& tree, const Options& options);

  // Everything loaded so far, in the order in which constructors ended.
  std::vector<LoadedObject> loaded() const;

  // How many references of the object at `path` are bound elsewhere than on
  // disk: walks all its relocations. 0 for a path that is not loaded.
  std::uint64_t CountViolations(std::string_view path) const;
  // The same for who must not wait; nullopt where another thread is loading.
  std::optional<std::uint64_t> TryCountViolations(std::string_view path) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inmem::loader
