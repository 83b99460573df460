// native/loader/registry.h: what this process has loaded. Private to the layer.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "archive/archive.h"
#include "elf/elf_file.h"
#include "loader/content_id.h"
#include "loader/host_symbols.h"
#include "loader/image.h"
#include "loader/loader.h"
#include "vfs/tree.h"

namespace inmem::loader {

struct SharedObject;

// What satisfies a DT_NEEDED: an object of an archive, or the host's (by
// dlopen's handle; null for the C library, whose place in the order of search
// does not matter).
struct Supply {
  SharedObject* object = nullptr;
  void* host = nullptr;
};

// A shared object that is loaded, or is about to be.
struct SharedObject {
  enum class State : std::uint8_t {
    kOpening,      // dlopen is under way
    kOpened,       // relocated by the dynamic linker
    kBound,        // and its references are those of the disk
    kConstructed,  // or being constructed
    kFailed,       // `failure` says how; it stays where it is
  };

  LoadedObject report;
  std::string label;  // for messages: archive!/entry
  State state = State::kOpening;
  // A library of the host that came with a bundle's object: bound like that,
  // and not reported.
  bool is_host = false;
  Status failure;

  // Where it came from.
  std::weak_ptr<const vfs::Mount> mount;
  std::string entry;
  std::optional<std::string> rpath;
  std::optional<std::string> runpath;
  std::uint32_t crc32 = 0;
  std::string identity;  // Archive::content_identity
  // Of the bytes in the archive; only where those in memory do not tell, since
  // read-only ones were edited.
  std::optional<ContentId> content;

  std::vector<Supply> needs;  // by DT_NEEDED, in order
  // What dlopen was given. While it runs this is the only way to the handle.
  std::string descriptor_path;
  void* handle = nullptr;  // null while dlopen is under way
  // By this name the copies of some users ask for it; "" if none does. It is
  // the object's l_name whenever something is loaded that reaches it.
  std::string token;

  // In memory, from State::kOpened on.
  Image image;
  Layout layout;
  bool symbolic = false;  // DT_SYMBOLIC: looks in itself first
  elf::Constructors constructors;
  // ld.so knows its outline alone: we relocate it (relocator.h).
  bool is_outline = false;
  // Values of the dynamic table that tell of destructors, by address, until its
  // constructors are about to run (FinishRelocation).
  std::vector<std::pair<std::uintptr_t, std::uint64_t>> destructors;
  // Undefined symbols that the dynamic linker was told to leave null where it
  // finds none, though they are strong: by index, ascending.
  std::vector<std::uint32_t> weakened;
  std::size_t sequence = 0;  // in which it was opened: needs come first
  // The root of the closure in whose order of search it was bound.
  SharedObject* bound_for = nullptr;
  std::size_t bound_globals = 0;  // how many globals there were then

  bool Contains(std::uintptr_t address) const;
};

// Mount point, entry, and what the archive says about its bytes: a bundle that
// was replaced at the same path has the same names and other bytes. What was
// loaded without a check is none of an archive that has one.
std::string KeyOf(const vfs::Mount& mount, archive::Archive::Index index);

// Objects are never unloaded (C extensions cannot be), so pointers stay valid.
// Threads: callers hold the loader's mutex, except for Reports.
class Registry {
 public:
  // Null where it is not known.
  SharedObject* Find(const std::string& key) const;
  SharedObject* FindBySoname(std::string_view soname) const;
  // The one whose code or data is at this address.
  SharedObject* FindByAddress(std::uintptr_t address) const;
  // Objects of the same size and CRC-32.
  std::vector<SharedObject*> FindAlike(std::uint64_t size_bytes,
                                       std::uint32_t crc32) const;

  // Owns `object` from now on and finds it by key.
  SharedObject* Begin(const std::string& key,
                      std::unique_ptr<SharedObject> object);
  // dlopen has failed: the object is forgotten.
  void Abandon(const std::string& key);
  // dlopen is done: the object is found by content, soname and address.
  void Finish(SharedObject* object);
  // Another name of an object.
  void Alias(const std::string& key, SharedObject* object);
  // The object is constructed, or counts changed: Reports tells of it.
  void Report(const SharedObject& object);

  // Those whose symbols RTLD_GLOBAL has given to everybody, in order.
  const std::vector<SharedObject*>& globals() const { return globals_; }
  void AddGlobal(SharedObject* object);

  // A library of the host that the dynamic linker has just brought along for an
  // object of a bundle: nobody has used it yet.
  SharedObject* AdoptHost(void* handle);
  SharedObject* FindHost(void* handle) const;  // null: it was not adopted

  HostSymbols& host_symbols() { return host_symbols_; }

  // The host's library of this handle.
  const Image& HostImage(void* handle);

  // All that are in memory, in the order of Finish.
  const std::vector<SharedObject*>& objects() const { return in_memory_; }
  std::vector<LoadedObject> Reports() const;

 private:
  std::vector<std::unique_ptr<SharedObject>> objects_;
  std::vector<SharedObject*> in_memory_;
  std::unordered_map<std::string, SharedObject*> by_key_;
  std::unordered_multimap<std::uint64_t, SharedObject*> by_likeness_;
  std::unordered_map<std::string, SharedObject*> by_soname_;
  std::vector<SharedObject*> globals_;
  std::unordered_map<void*, SharedObject*> hosts_;
  std::unordered_map<void*, Image> host_images_;
  HostSymbols host_symbols_;
  mutable std::mutex reports_mutex_;
  std::vector<LoadedObject> reports_;
};

// The handle, also while dlopen of the object is under way; null if it has
// none yet.
void* HandleOf(SharedObject& object);

}  // namespace inmem::loader
