// native/interpreter/thread_setup.h: what Python's main thread does before
// Python starts.
#pragma once

namespace inmem::interpreter {

// glibc grows a thread's heap page by page, an mprotect each: hundreds of
// system calls while Python starts, each stopping the other threads' page
// faults. What was once made writable stays so: one growth by large steps
// serves them all.
void GrowThreadHeap();

// Node marks its own standard streams close-on-exec, and gives them to its
// children by dup2, which clears the mark. Python's children inherit them as
// they are.
void LetChildrenHaveStdio();

}  // namespace inmem::interpreter
