// native/loader/registry.h: what this process has loaded. Private to the layer.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "archive/archive.h"
#include "loader/content_id.h"
#include "loader/loader.h"
#include "vfs/tree.h"

namespace inmem::loader {

// A shared object that is loaded, or whose dlopen is under way.
struct SharedObject {
  LoadedObject report;
  ContentId content;
  // By DT_NEEDED, in order: the object of the archive that satisfies it; null
  // where the host does.
  std::vector<SharedObject*> needs;
  // What dlopen was given. While it runs (constructors may come back to us on
  // this thread) this is the only way to the handle.
  std::string descriptor_path;
  void* handle = nullptr;  // null while dlopen is under way
  // By this name the copies of some users ask for it; "" if none does. It is
  // the object's l_name whenever something is loaded that reaches it.
  std::string token;
};

// Mount point, entry, and what the archive says about its bytes: a bundle that
// was replaced at the same path has the same names and other bytes.
std::string KeyOf(const vfs::Mount& mount, const archive::Entry& entry);

// Objects are never unloaded (C extensions cannot be), so pointers stay valid.
// Threads: callers hold the loader's mutex, except for Reports.
class Registry {
 public:
  // Null where it is not known.
  SharedObject* Find(const std::string& key) const;
  SharedObject* FindBySoname(std::string_view soname) const;
  std::vector<SharedObject*> FindByContent(const ContentId& content) const;

  // Owns `object` from now on and finds it by key.
  SharedObject* Begin(const std::string& key,
                      std::unique_ptr<SharedObject> object);
  // dlopen has failed: the object is forgotten (and kept, unreachable by name,
  // since a constructor may have got a pointer to it).
  void Abandon(const std::string& key);
  // dlopen is done: the object is found by content and soname, and reported.
  void Finish(SharedObject* object);
  // Another name of an object.
  void Alias(const std::string& key, SharedObject* object);

  std::vector<LoadedObject> Reports() const;

 private:
  std::vector<std::unique_ptr<SharedObject>> objects_;
  std::unordered_map<std::string, SharedObject*> by_key_;
  std::unordered_multimap<ContentId, SharedObject*, ContentIdHash> by_content_;
  std::unordered_map<std::string, SharedObject*> by_soname_;
  mutable std::mutex reports_mutex_;
  std::vector<LoadedObject> reports_;
};

// The handle, also while dlopen of the object is under way; null if it has
// none yet.
void* HandleOf(SharedObject& object);

}  // namespace inmem::loader
