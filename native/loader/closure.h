// native/loader/closure.h: one Load: a shared object and what it needs.
// Private to the layer.
//
// Technical note. The objects of a closure are visited depth first and loaded
// dependencies first, each by a dlopen of its own, so that when an object is
// loaded the dynamic linker finds each of its DT_NEEDED among the loaded
// objects and searches no file system. Where it would not find the right one:
//   - The library has no soname, or another one than is asked for, or another
//     library of that name is loaded already (two wheels, two builds): the
//     user's copy asks for a token instead ("@1f", in its DT_NEEDED and
//     vn_file), and the token is lent to the library as its l_name. glibc looks
//     names up again when it walks the needs of what is loaded already, so all
//     that a dlopen can reach are lent their tokens meanwhile.
//   - Objects need each other in a circle (a strongly connected component,
//     found by Tarjan's algorithm): all are written first, the copies ask for
//     each other by path of descriptor, and one dlopen loads all. Paths that
//     do not fit over the names: one by one, lazily bound, with the needs that
//     come too early dropped; glibc adds the scope of the last one to all.
// Nothing else of an object is ever changed.
//
// Unlike one dlopen from disk, a dependency loaded by itself does not see its
// users' symbols. Libraries that rely on that (they lack a DT_NEEDED) fail
// under RTLD_NOW. They are then loaded lazily, glibc gives them their users'
// scope as soon as those are loaded, and when the root is there all their
// symbols are looked up, so that what is missing fails now and not in a call.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "archive/archive.h"
#include "base/status.h"
#include "elf/elf_file.h"
#include "loader/content_id.h"
#include "loader/need_search.h"
#include "loader/registry.h"

namespace inmem::loader {

struct Node;

// One DT_NEEDED, resolved. Both null: the host's.
struct Edge {
  Node* node = nullptr;            // visited in this Load
  SharedObject* object = nullptr;  // loaded before
};

// An object that is being visited.
struct Node {
  std::string entry;
  std::string key;
  std::string label;         // for messages
  std::string virtual_path;  // for link_map::l_name
  Node* user = nullptr;      // who needed it first; null for the root
  archive::Bytes bytes;
  ContentId content;
  std::optional<elf::ElfFile> file;
  std::vector<Edge> edges;  // by DT_NEEDED, in order
  Seeker seeker;
  double milliseconds = 0;  // spent on this object alone
  // Tarjan's numbers.
  std::size_t index = 0;
  std::size_t lowlink = 0;
  bool on_stack = false;
  SharedObject* object = nullptr;  // set when it is loaded
};

// An object that was loaded lazily for want of symbols that a user of it may
// have.
struct Postponed {
  Status failure;
  std::vector<std::string> symbols;  // undefined ones, not weak
};

class Closure {
 public:
  // All are borrowed. `flags`: the root's RTLD_*, with a binding mode.
  Closure(Registry& registry, std::shared_ptr<const vfs::Mount> mount,
          int flags)
      : registry_(registry), mount_(std::move(mount)), flags_(flags) {}

  Result<SharedObject*> Load(const std::string& entry);

 private:
  // closure.cc: finding and ordering.
  Result<Node*> Visit(const std::string& entry, Node* user, std::size_t depth);
  Status ReadNode(Node& node, archive::Archive::Index index);
  Result<std::vector<std::optional<std::string>>> ResolveNeeds(Node& node);
  Result<std::optional<std::string>> ResolveNeed(Node& node, std::size_t need);
  Status VisitNeeds(Node& node, std::size_t depth);
  Status Missing(const Node& node, std::string_view need,
                 const std::vector<std::string>& looked_for) const;

  Status LoadComponent(std::vector<Node*> members);
  Status LoadLazily(const Status& failure, const std::vector<Node*>& members);
  Status CheckPostponed(SharedObject& root) const;

  Registry& registry_;
  std::shared_ptr<const vfs::Mount> mount_;
  int flags_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unordered_map<std::string, Node*> node_by_entry_;
  std::vector<Node*> stack_;
  std::vector<Postponed> postponed_;
};

}  // namespace inmem::loader
