// native/interpreter/inheritance.h: what Python children get of this process:
// its bundles, and how it loads.
//
// The wrapped exec functions (wrap_exec.cc) add it to the environment that a
// program is started with, as variables (settings.h):
// - to the launcher always, under the twins' names: a child that is given an
//   empty environment finds its bundles all the same, and does not see how.
//   Not where the program has set the variable to something else.
// - under the plain names to any program that is given the environment of this
//   process as it is: a shell may start the launcher.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/verification.h"
#include "loader/loader.h"

namespace inmem::interpreter {

struct Inheritance;

// A bundle as children shall mount it.
struct InheritedBundle {
  std::string point;
  // It has no path: children open the descriptor (-1: none could be made, and
  // they say so).
  bool in_memory = false;
  // REQUIRES: open as long as the bundle is inherited.
  int descriptor = -1;
};

// From now on children get these, in this order.
// Threads: Python's main thread; others may be starting children meanwhile.
void SetInheritance(const std::vector<InheritedBundle>& bundles,
                    const loader::Policy& policy,
                    const std::optional<Verification>& verification);

// One more, as the last; or one less. Threads: any (interpreters have a GIL
// each).
void AddInherited(const InheritedBundle& bundle);
void RemoveInherited(const std::string& point);

// From now on children find copies of shared objects there (INMEM_SHARED,
// loader/offers.h). "": nowhere. Threads: any; called while something is
// loaded.
void SetSharedCopies(std::string_view value);

// NAME=value as a program should see it in its own environment: what its
// children get where it hands that environment on.
std::vector<std::string> InheritedVariables();

// Those of them that this process's own environment does not hold.
std::vector<std::string> MissingVariables();

// Between fork and exec: opens those of the bundles' descriptors again that
// have been closed there, as long as the parent has them.
void ReopenBundles();

// Puts those that this process's own environment holds right: they name what a
// parent has open, and it may end. Threads: before any other.
void RenewVariables();

// The environment for one exec. Neither allocates nor locks: it is used between
// fork and exec.
class ChildEnvironment {
 public:
  // kExec: this process becomes the program, and can hand on descriptors.
  enum class Call { kExec, kSpawn };

  ChildEnvironment(Call call, const char* program, char* const* environment);
  // Reached after an exec that failed: the descriptors are private again.
  ~ChildEnvironment();
  ChildEnvironment(const ChildEnvironment&) = delete;
  ChildEnvironment& operator=(const ChildEnvironment&) = delete;

  // How many pointers Fill() writes at most; 0: the environment stays as it is.
  std::size_t room() const { return room_; }
  // Gives `pointers`, filled.
  char** Fill(char** pointers) const;

  bool for_launcher() const { return for_launcher_; }

 private:
  // One for both calls: another thread may set a new one between them.
  const Inheritance* inheritance_ = nullptr;
  char* const* environment_;
  bool for_launcher_ = false;
  bool handed_on_ = false;
  std::size_t room_ = 0;
};

}  // namespace inmem::interpreter
