// native/loader/component.h: loads a strongly connected component of a closure.
// Private to the layer; closure.h explains the ways.
#pragma once

#include <cstddef>
#include <list>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "elf/edit_plan.h"
#include "loader/closure.h"
#include "loader/registry.h"
#include "os/dynamic_linker.h"
#include "os/unique_fd.h"

namespace inmem::loader {

// One object, or several that need each other. All that they need besides is
// loaded. Every path writes Node::object.
class Component {
 public:
  // `flags` are dlopen's for members[0], by which all others are reached.
  Component(Registry& registry, std::vector<Node*> members, int flags)
      : registry_(registry), members_(std::move(members)), flags_(flags) {}

  // Uses what is loaded already: the same bytes with the same needs.
  bool Share();

  // Errors: those of Loader::Load. On error no member is registered.
  Status Load();

 private:
  // A member's copy in memory.
  struct Copy {
    Node* node = nullptr;
    os::UniqueFd fd;
    std::string path;  // what dlopen or another member's DT_NEEDED says
    std::vector<elf::Edit> edits;
    SharedObject* object = nullptr;
  };

  bool IsInside(const Edge& edge) const;
  bool Matches(Node& node, SharedObject& object,
               std::vector<std::pair<Node*, SharedObject*>>& matched);

  Status MakeCopy(Node& node);
  // Whether every member can be asked for by a path in place of its name.
  bool ChoosePaths();
  std::string ShortPath(const Copy& copy, std::size_t limit_bytes) const;
  void RenameInside();
  Status NameOutside();
  Status NameOne(Copy& copy, std::size_t need, SharedObject& object);
  void LendTokens(SharedObject& object, std::set<SharedObject*>& seen);
  Status WriteCopies();
  Status Open();
  void Register(Copy& copy);
  Status LoadApart();

  Registry& registry_;
  std::vector<Node*> members_;
  int flags_;
  std::vector<Copy> copies_;
  // Tokens, as long as this loads. A list: they are undone last one first.
  std::list<os::ScopedName> names_;
};

}  // namespace inmem::loader
