// native/interpreter/wrap_stdio.h: blocking reads and writes on Node's stdio.
#pragma once

namespace inmem::interpreter {

// A program begins inside Node: its reads of descriptor 0 and writes to 1 and 2
// wait where Node has made them non-blocking, until the program does so itself.
void BlockOnNodesStdio();

}  // namespace inmem::interpreter
