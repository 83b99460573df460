// native/os/trial.h: whether a sandbox lets a process live that makes a call.
//
// A seccomp filter may answer a call with an error, and it may end the process
// that makes it: systemd's SystemCallFilter= does so unless it is told an
// errno. What is merely tried must not end the user's process, so where a
// filter is on a child makes the call first.
#pragma once

#include <string>
#include <string_view>

namespace inmem::os {

// Whether a seccomp filter is on this process; also true where that cannot be
// known.
bool UnderSeccompFilter();

// The signal that ends a child which runs work(argument); 0 where it lives, or
// where no child can be made. The child is a copy of this process with this
// thread alone: work may make system calls and nothing else, no malloc and no
// lock. Nobody in the process notices it (private_tmpfs.h says how).
int SignalThatEnds(void (*work)(void*), void* argument);

// "the sandbox ends a process that calls it (SIGSYS)".
std::string EndedText(int signal);

}  // namespace inmem::os
