// native/interpreter/wrap_tracemalloc.cc: tracemalloc, or several interpreters.
//
// CPython 3.13 has tracemalloc for the whole process, and behind the main
// interpreter's GIL: with others it never comes back from making one (which
// wants a lock that it has), nor from the end of one, and their threads write
// into its tables at once. The addon is linked with --wrap of where either
// begins: the second one is refused.
#include "cpython/python_setup.h"

#include <atomic>

namespace {

// Each side tells what it is about to do, and looks at the other then: of two
// at once both may be refused, and never none. No mutex, which a forked child
// would have as it was.
std::atomic<int> making{0};
std::atomic<bool> starting{false};

// The newest is the head of the list, and the main one its end.
bool IsOne() { return PyInterpreterState_Head() == PyInterpreterState_Main(); }

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the linker's names
extern "C" {

int _PyTraceMalloc_IsTracing();
int __real__PyTraceMalloc_Start(int frames);
PyStatus __real_Py_NewInterpreterFromConfig(PyThreadState** state,
                                            const PyInterpreterConfig* config);

// With the GIL of the main interpreter, as _tracemalloc is in no other.
int __wrap__PyTraceMalloc_Start(int frames) {
  starting = true;
  const bool allowed = making == 0 && IsOne();
  const int result = allowed ? __real__PyTraceMalloc_Start(frames) : -1;
  starting = false;
  if (!allowed) {
    PyErr_SetString(PyExc_RuntimeError,
                    "tracemalloc traces a process with one interpreter alone: "
                    "there are others (start({ interpreter: \"own\" }))");
  }
  return result;
}

PyStatus __wrap_Py_NewInterpreterFromConfig(PyThreadState** state,
                                            const PyInterpreterConfig* config) {
  ++making;
  const bool allowed = !starting && _PyTraceMalloc_IsTracing() == 0;
  const PyStatus status =
      allowed ? __real_Py_NewInterpreterFromConfig(state, config)
              : PyStatus_Error(
                    "tracemalloc is at work, which is for a process "
                    "with one interpreter: call tracemalloc.stop()");
  --making;
  return status;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
