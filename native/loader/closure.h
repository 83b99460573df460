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
// What is compressed is inflated on several threads (read_ahead.h), which
// changes nothing of this order.
//
// Constructors are taken out of the copies. When the root is open, every
// reference of the new objects is bound as on disk (binder.h), and then the
// constructors run, needs first (completion.h).
//
// Unlike one dlopen from disk, a dependency that is opened by itself does not
// see its users' symbols. Libraries that rely on that (they lack a DT_NEEDED)
// are opened again with their undefined symbols made weak: the dynamic linker
// leaves null where it finds nothing, and the binder fills it in or says what
// is missing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "archive/archive.h"
#include "base/status.h"
#include "loader/need_search.h"
#include "loader/object_bytes.h"
#include "loader/read_ahead.h"
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
  std::shared_ptr<const vfs::Mount> mount;
  std::string entry;
  std::string key;
  std::string label;         // for messages
  std::string virtual_path;  // for link_map::l_name
  Node* user = nullptr;      // who needed it first; null for the root
  ObjectBytes bytes;
  std::uint32_t crc32 = 0;  // as the archive declares it
  std::string identity;     // Archive::content_identity
  std::vector<Edge> edges;  // by DT_NEEDED, in order
  Seeker seeker;
  double milliseconds = 0;  // spent on this object alone
  // Tarjan's numbers.
  std::size_t index = 0;
  std::size_t lowlink = 0;
  bool on_stack = false;
  SharedObject* object = nullptr;  // set when it is loaded
};

class Closure {
 public:
  // All are borrowed. `flags`: the root's RTLD_*, with a binding mode.
  Closure(Registry& registry, const Redirects& redirects, const Policy& policy,
          Offers& offers, std::shared_ptr<const vfs::Mount> mount, int flags)
      : registry_(registry),
        redirects_(redirects),
        policy_(policy),
        offers_(offers),
        read_ahead_(policy.threads.value_or(ReadAhead::UsualThreads())),
        mount_(std::move(mount)),
        flags_(flags) {}

  // Opens the object and what it needs; no constructor has run then.

  Result<SharedObject*> Load(const std::string& entry);

 private:
  // closure.cc: finding and ordering.
  Result<Node*> Visit(const std::string& entry, Node* user, std::size_t depth);
  Status ReadNode(Node& node, archive::Archive::Index index);
  Result<std::vector<std::optional<std::string>>> ResolveNeeds(Node& node);
  Result<std::optional<std::string>> ResolveNeed(Node& node, std::size_t need);
  void ReadNeedsAhead(const std::vector<std::optional<std::string>>& entries);
  Status VisitNeeds(Node& node, std::size_t depth);
  Status Missing(const Node& node, std::string_view need,
                 const std::vector<std::string>& looked_for) const;

  Status LoadComponent(std::vector<Node*> members);

  Registry& registry_;
  const Redirects& redirects_;
  const Policy& policy_;
  Offers& offers_;
  ReadAhead read_ahead_;
  std::shared_ptr<const vfs::Mount> mount_;
  int flags_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unordered_map<std::string, Node*> node_by_entry_;
  std::vector<Node*> stack_;
};

}  // namespace inmem::loader
