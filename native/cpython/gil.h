// native/cpython/gil.h: guards for entering and leaving the GIL.
#pragma once

#include "cpython/python_setup.h"

namespace inmem::cpython {

// Lets other Python threads run for the guard's lifetime.
// REQUIRES: the GIL is held at construction.
class GilRelease {
 public:
  GilRelease() : state_(PyEval_SaveThread()) {}
  ~GilRelease() { PyEval_RestoreThread(state_); }
  GilRelease(const GilRelease&) = delete;
  GilRelease& operator=(const GilRelease&) = delete;

 private:
  PyThreadState* state_;
};

}  // namespace inmem::cpython
