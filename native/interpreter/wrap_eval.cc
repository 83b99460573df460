// native/interpreter/wrap_eval.cc: no Python code begins where the stack ends.
//
// CPython 3.13 counts calls in C as if each took no more than a fixed part of a
// main thread's stack: sorted() that compares by Python, or a small stack as
// Workers have it, take it to its end long before. The addon is linked with
// --wrap of the functions by which C code runs Python's: what is left of the
// stack is looked at there.
#include "cpython/python_setup.h"

#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace {

// For C code that calls no Python, and for signal handlers; of a small stack
// its eighth part.
constexpr std::size_t kReserve = 192u << 10;
constexpr std::size_t kPart = 8;

// Of the calling thread.
struct Stack {
  std::uintptr_t low = 0;
  std::size_t reserve = 0;  // 0: not known yet
};

Stack Measure() {
  Stack stack{.low = 0, .reserve = 1};
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return stack;
  void* low = nullptr;
  std::size_t size = 0;
  if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
    stack = {.low = reinterpret_cast<std::uintptr_t>(low),
             .reserve = std::min(kReserve, size / kPart)};
  }
  pthread_attr_destroy(&attributes);
  return stack;
}

// Code on a stack of its own, such as a signal's, is none of ours.
bool IsAtEnd() {
  thread_local Stack stack;
  if (stack.reserve == 0) stack = Measure();
  const auto here =
      reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  return here - stack.low < stack.reserve;
}

// With nothing left of its allowance the call raises RecursionError by itself,
// and leaves its frame as it should.
template <typename Call>
PyObject* Guarded(PyThreadState* state, Call call) {
  if (!IsAtEnd()) return call();
  const int left = std::exchange(state->c_recursion_remaining, -1);
  PyObject* const result = call();
  state->c_recursion_remaining = left;
  return result;
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the linker's names
extern "C" {

struct _PyInterpreterFrame;

PyObject* __real__PyEval_EvalFrameDefault(PyThreadState* state,
                                          _PyInterpreterFrame* frame,
                                          int throws);
PyObject* __real__PyEval_Vector(PyThreadState* state,
                                PyFunctionObject* function, PyObject* locals,
                                PyObject* const* args, std::size_t count,
                                PyObject* names);
PyObject* __real_PyEval_EvalCode(PyObject* code, PyObject* globals,
                                 PyObject* locals);

// A generator goes on.
PyObject* __wrap__PyEval_EvalFrameDefault(PyThreadState* state,
                                          _PyInterpreterFrame* frame,
                                          int throws) {
  return Guarded(state, [=] {
    return __real__PyEval_EvalFrameDefault(state, frame, throws);
  });
}

// A function is called.
PyObject* __wrap__PyEval_Vector(PyThreadState* state,
                                PyFunctionObject* function, PyObject* locals,
                                PyObject* const* args, std::size_t count,
                                PyObject* names) {
  return Guarded(state, [=] {
    return __real__PyEval_Vector(state, function, locals, args, count, names);
  });
}

// exec(), eval(), a module.
PyObject* __wrap_PyEval_EvalCode(PyObject* code, PyObject* globals,
                                 PyObject* locals) {
  return Guarded(PyThreadState_Get(),
                 [=] { return __real_PyEval_EvalCode(code, globals, locals); });
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
