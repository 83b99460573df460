// native/interpreter/load_by_hand.h: a shared object that JavaScript asks for.
#pragma once

#include <string>

#include "base/status.h"
#include "interpreter/job.h"

namespace inmem::interpreter {

// Loads `entry` of an archive, with what it needs; gives dlopen's handle. The
// archive need not be a run's: it is opened, and kept as long as the process.
// Waits for other threads' loads and their constructors, as dlopen does; not
// for the GIL, unless a constructor asks for it.
// Takes: the archive (`path`, or `bytes` with a name); RTLD_GLOBAL or 0.
// Errors: those of OpenFileSource, Archive::Open and Loader::Load.
// Threads: JavaScript's.
Result<void*> LoadByHand(const Bundle& archive, const std::string& entry,
                         int flags);

}  // namespace inmem::interpreter
