// native/loader/scope.cc: the order in which symbols are looked up.
#include "loader/scope.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace inmem::loader {
namespace {

class Builder {
 public:
  explicit Builder(Registry& registry) : registry_(registry) {}

  void Add(SharedObject* object) {
    if (seen_.insert(object).second) {
      members_.push_back({object, &object->image, object->handle});
    }
  }
  void AddHost(void* handle) {
    if (seen_.insert(handle).second) {
      members_.push_back({nullptr, &registry_.HostImage(handle), handle});
    }
  }
  void AddClosure(SharedObject& root) {
    std::vector<SharedObject*> queue = {&root};
    std::unordered_set<const SharedObject*> queued = {&root};
    Add(&root);
    // An object's needs stand behind those of all objects before it.
    for (std::size_t i = 0; i < queue.size(); ++i) {
      for (const Supply& need : queue[i]->needs) {
        if (need.host != nullptr) AddHost(need.host);
        if (need.object == nullptr) continue;
        Add(need.object);
        if (queued.insert(need.object).second) queue.push_back(need.object);
      }
    }
  }

  std::vector<ScopeMember> Take() { return std::move(members_); }

 private:
  Registry& registry_;
  std::unordered_set<const void*> seen_;
  std::vector<ScopeMember> members_;
};

}  // namespace

std::vector<ScopeMember> DiskScope(Registry& registry, SharedObject& root,
                                   std::size_t globals) {
  Builder builder(registry);
  for (std::size_t i = 0; i < globals; ++i) builder.Add(registry.globals()[i]);
  builder.AddClosure(root);
  return builder.Take();
}

bool IsSharedWithHost(const std::vector<ScopeMember>& scope,
                      const elf::SymbolTable::Reference& reference) {
  return std::any_of(
      scope.begin(), scope.end(), [&](const ScopeMember& member) {
        const bool is_host = member.object == nullptr || member.object->is_host;
        return is_host && member.image->symbols.Find(reference) != nullptr;
      });
}

std::vector<SharedObject*> Reachable(SharedObject& root) {
  std::vector<SharedObject*> objects = {&root};
  std::unordered_set<const SharedObject*> seen = {&root};
  for (std::size_t i = 0; i < objects.size(); ++i) {
    for (const Supply& need : objects[i]->needs) {
      if (need.object != nullptr && seen.insert(need.object).second) {
        objects.push_back(need.object);
      }
    }
  }
  return objects;
}

}  // namespace inmem::loader
