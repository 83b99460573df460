// native/cpython/owned.h: an owned reference to a Python object.
#pragma once

#include "cpython/python_setup.h"

#include <utility>

namespace inmem::cpython {

// Owns one reference; null after a failed call.
// REQUIRES: the GIL, at destruction too.
class Owned {
 public:
  Owned() = default;
  // Takes over the caller's reference.
  static Owned Steal(PyObject* object) { return Owned(object); }
  // Adds a reference of its own.
  static Owned Borrow(PyObject* object) { return Owned(Py_XNewRef(object)); }

  Owned(Owned&& other) noexcept : object_(other.release()) {}
  Owned& operator=(Owned&& other) noexcept {
    if (this != &other) {
      PyObject* old = std::exchange(object_, other.release());
      Py_XDECREF(old);
    }
    return *this;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { Py_XDECREF(object_); }

  explicit operator bool() const { return object_ != nullptr; }
  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }

 private:
  explicit Owned(PyObject* object) : object_(object) {}
  PyObject* object_ = nullptr;
};

}  // namespace inmem::cpython
