// native/bridge/pages.h: memory for tables that grow and shrink, and what
// malloc keeps.
#pragma once

#include <memory_resource>

namespace inmem::bridge {

// What is large has pages of its own from the kernel, and gives them back at
// once. malloc's would do the same at first, but each that it frees makes it
// keep larger ones, and more free memory, for the whole process.
std::pmr::memory_resource& Pages();

// malloc gives the kernel back what it keeps: takes milliseconds. GIL, which is
// let go meanwhile.
void TrimMemory();

}  // namespace inmem::bridge
