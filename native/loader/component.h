// native/loader/component.h: opens a strongly connected component of a closure.
// Private to the layer; closure.h explains the ways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "elf/edit_plan.h"
#include "loader/closure.h"
#include "loader/placement.h"
#include "loader/registry.h"
#include "os/dynamic_linker.h"

namespace inmem::loader {

// What satisfies the edge, once that is loaded; null for the host's.
SharedObject* TargetOf(const Edge& edge);

// Whether the edge leads to an object that is not loaded: to a member of the
// component that is being opened.
bool IsInside(const Edge& edge);

// One object, or several that need each other. All that they need besides is
// open. Every path writes Node::object.
class Component {
 public:
  // `flags` are dlopen's for members[0], by which all others are reached.
  Component(Registry& registry, const Redirects& redirects,
            const Policy& policy, Offers& offers, std::vector<Node*> members,
            int flags)
      : registry_(registry),
        redirects_(redirects),
        policy_(policy),
        offers_(offers),
        members_(std::move(members)),
        flags_(flags) {}

  // Uses what is loaded already: the same bytes with the same needs.
  bool Share();

  // Undefined symbols are no error now: the binder looks for them later.
  void AllowUndefined() { weaken_ = true; }

  // Errors: those of Loader::Load. On error no member is registered.
  Status Load();

 private:
  // A member's copy.
  struct Copy {
    Node* node = nullptr;
    std::optional<Placement> placement;
    std::string path;  // what dlopen or another member's DT_NEEDED says
    std::vector<elf::Edit> edits;
    bool edits_names = false;  // or symbols: what lies in read-only segments
    bool is_offered = false;   // to other processes
    std::uint64_t copied_bytes = 0;
    double editing_milliseconds = 0;
    elf::Constructors constructors;
    std::vector<std::uint32_t> weakened;
    SharedObject* object = nullptr;
  };

  bool Matches(Node& node, SharedObject& object,
               std::vector<std::pair<Node*, SharedObject*>>& matched);

  Status MakeCopy(Node& node);
  // Whether every member can be asked for by a path in place of its name.
  bool ChoosePaths();
  std::string ShortPath(const Copy& copy, std::size_t limit_bytes) const;
  // Whether ld.so need not relocate any of them.
  bool MayRelocate() const;
  void RenameInside();
  Status NameOutside();
  Status NameOne(Copy& copy, std::size_t need, SharedObject& object);
  void LendTokens(SharedObject& object, std::set<SharedObject*>& seen);
  void EditContents(Copy& copy);
  bool OpenOffered(Copy& copy);
  Status WriteCopies();
  Status Open();
  Status VerifyVersions();
  Status VerifyVersionsOf(const Copy& copy, const std::string& name);
  static Status VerifyVersioned(const Copy& copy, const std::string& name,
                                const elf::SymbolTable& provider);
  void Register(Copy& copy);
  void BindNeedsAhead();
  void TakeOutAllDestructors();
  Status Settle(Copy& copy);
  Status LoadApart();
  void NoteAbsentHosts();
  void LinkMembers();
  Supply HostSupply(const std::string& name);

  Registry& registry_;
  const Redirects& redirects_;
  const Policy& policy_;
  Offers& offers_;
  std::vector<Node*> members_;
  int flags_;
  bool weaken_ = false;
  bool relocates_ = false;  // ld.so gets outlines
  std::vector<Copy> copies_;
  std::set<std::string> absent_hosts_;
  // Tokens, as long as this loads. A list: they are undone last one first.
  std::list<os::ScopedName> names_;
};

}  // namespace inmem::loader
