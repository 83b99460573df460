// native/bridge/elements.h: which typed array has the elements of a piece of
// Python's memory.
#pragma once

#include "cpython/python_setup.h"

#include <cstddef>

namespace inmem::bridge {

// For what no typed array has: structures, text, long doubles. A DataView shows
// its bytes.
constexpr char kBytes = 'V';

struct Elements {
  char letter = kBytes;     // of Python's `struct`, one for each typed array
  std::size_t unit = 1;     // bytes of one element of the typed array
  std::size_t parts = 1;    // such elements in one of Python's: complex has two
  bool is_swapped = false;  // in the other byte order
};

// By the format and the size of an item.
Elements ElementsOf(const Py_buffer& view);

// A typed array that the program has named, whatever the memory holds.
Elements ElementsNamed(char letter);

// Turns each unit round.
void SwapBytes(void* data, std::size_t bytes, std::size_t unit);

}  // namespace inmem::bridge
