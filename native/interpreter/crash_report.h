// native/interpreter/crash_report.h: which bundle's code a crash happened in.
#pragma once

namespace inmem::interpreter {

// From now on SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT that end the process
// first write to stderr: the signal, the address, and for each native frame
// the bundle's member, or the host's file, and the offset in it. Then the
// process ends as it would have. A signal that the handler before ours repairs
// (V8's traps of WebAssembly) is none of ours. Called again it does nothing.
// Threads: any.
void EnableCrashReport();

}  // namespace inmem::interpreter
