// native/interpreter/signal_claims.h: signals that the kernel hands to Python
// for the time of a run, beside Node or instead of it.
//
// A claimed signal has a handler of ours in the kernel. It tells Node, whose
// handler was there before (mode `node`), and has Python's handler called on
// Python's main thread, whose blocking call ends with EINTR as it would in
// python3. docs/signals.md has the rules, signal by signal.
#pragma once

#include <signal.h>

#include <cstdint>

#include "interpreter/signals.h"

namespace inmem::interpreter {

struct SignalEntry;

// Claims `number` or gives it back, as its entry and the run's mode want it.
// REQUIRES: SignalLock.
void UpdateClaim(int number, const SignalEntry& entry);

// How many signals have reached Python's main thread; a wait that no EINTR can
// end looks at it.
std::uint64_t SignalsSeen();
// Whether any may come.
bool AnySignalClaimed();

// --- for signal_faults.cc ----------------------------------------------------

// SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT.
bool IsFault(int number);
// What the kernel calls for them. REQUIRES: claimed.
void OnFault(int number, siginfo_t* info, void* context);
// Whom the kernel called before us: Node's, or SIG_DFL.
sighandler_t HandlerBefore(int number);

}  // namespace inmem::interpreter
