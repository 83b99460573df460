// native/bridge/begin.h: the bridge's types and modules, ready for use.
#pragma once

#include "base/status.h"

namespace inmem::bridge {

// Once a process; again it does nothing. `wake_signal` gives the signal that
// ends a blocking system call, or 0. REQUIRES: Python has started. Any thread,
// without the GIL. Errors: kInterpreter.
Status Prepare(int (*wake_signal)());

}  // namespace inmem::bridge
