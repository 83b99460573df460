// native/loader/completion.h: from open to usable. Private to the layer.
#pragma once

#include "base/status.h"
#include "loader/redirects.h"
#include "loader/registry.h"

namespace inmem::loader {

// Binds the references of what the root reaches and that is new, then runs the
// constructors, needs first. Does nothing for what is done, or is being done by
// a caller further up (a constructor that loads its own library).
// Errors: kUndefinedSymbol (before any constructor), kLoadFailed; and again, at
// each call, the failure of a constructor.
Status Complete(Registry& registry, const Redirects& redirects,
                SharedObject& root);

// Binds what the need of an object that ld.so is to relocate reaches, and what
// it does not relocate itself. Complete binds that again, in the order of the
// whole closure, and tells what is undefined.
void BindAhead(Registry& registry, const Redirects& redirects,
               SharedObject& need);

// How many references of the object are bound elsewhere than on disk.
// REQUIRES: it is in memory.
std::uint64_t CountViolations(Registry& registry, const Redirects& redirects,
                              SharedObject& object);

}  // namespace inmem::loader
