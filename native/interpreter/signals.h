// native/interpreter/signals.h: signals stay Node's; Python sees its own.
//
// The addon is linked with --wrap=sigaction, signal, raise and kill. Inside
// Node the handlers that CPython and our static libraries set go to a table,
// not to the kernel: a SIGCHLD handler would take Node's children, a SIGSEGV
// handler WebAssembly's traps. While a program runs, those that do no harm
// there are served (signal_claims.h). What C code of a bundle sets goes to the
// same table, except that its handler of SIGCHLD is called whenever Node sees
// the signal: it waits for children that nobody else knows. In the launcher
// nothing is diverted.
#pragma once

namespace inmem::interpreter {

// Option `signals` of run().
struct SignalPolicy {
  // Mode `python`: SIGINT, SIGTERM, SIGHUP and SIGUSR2 are Python's alone.
  bool python = false;
  // SIGINT, SIGTERM and SIGHUP come by PythonThread::Interrupt().
  bool relayed = false;
};

// From now on handlers go to the table. Called once, on Python's main thread,
// before Python starts.
void DivertSignals();

// Around a run, on Python's main thread. What comes while the gate is closed is
// kept until it opens, or sent again to Node after the end.
void BeginSignals(const SignalPolicy& policy);
void OpenSignalGate(bool open);
void EndSignals();

// Node has set a handler of its own, or taken one away: ours comes before it
// again. Threads: JavaScript's.
void ReclaimSignals();

// Runs the diverted handler of `number`, as the kernel would; false where there
// is none (default or ignored). Async-signal-safe where the handler is.
bool DeliverSignal(int number);

// The same for a signal that C code of a bundle shares with Node, SIGCHLD:
// false where the handler is Python's. Threads: any; JavaScript's, as Node's
// comes.
bool DeliverShared(int number);

// A signal without meaning, whose handler does nothing: pthread_kill of it ends
// a blocking system call with EINTR. 0 where every candidate is taken.
int WakeSignal();

}  // namespace inmem::interpreter
