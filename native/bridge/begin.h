// native/bridge/begin.h: the bridge's types and modules, ready for use.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/status.h"

namespace inmem::bridge {

// Once a process; again it does nothing. `wake_signal` gives the signal that
// ends a blocking system call, or 0. REQUIRES: Python has started. Any thread,
// without the GIL. Errors: kInterpreter.
Status Prepare(int (*wake_signal)());

// The same in an interpreter of its own, which is made, and `set_up` called in
// it with its GIL. Gives its number, for openBridge(). REQUIRES: as above.
// Errors: kInterpreter; those of `set_up`.
Result<std::uint32_t> PrepareOwn(int (*wake_signal)(),
                                 const std::function<Status()>& set_up);

// No environment has opened it: it ends.
void EndUnopened(std::uint32_t number);

// The process ends: interpreters of their own stand still. Waits no longer than
// `limit`.
void ParkInterpreters(std::chrono::milliseconds limit);

}  // namespace inmem::bridge
