// native/bridge/begin.h: the bridge's types and modules, ready for use.
#pragma once

#include "base/status.h"

namespace inmem::bridge {

// Once a process; again it does nothing. REQUIRES: Python has started. Any
// thread, without the GIL. Errors: kInterpreter.
Status Prepare();

}  // namespace inmem::bridge
