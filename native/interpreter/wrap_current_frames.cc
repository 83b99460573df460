// native/interpreter/wrap_current_frames.cc: what other threads are doing.
//
// sys._current_frames() and sys._current_exceptions() of CPython 3.13 go
// through the threads of all interpreters, which run at the same time, and give
// objects of theirs: the process ends by that. The addon is linked with --wrap
// of both: they tell of the calling interpreter's.
#include "cpython/python_setup.h"

#include "cpython/owned.h"

namespace {

using inmem::cpython::Owned;

Owned FrameOf(PyThreadState* state) {
  return Owned::Steal(
      reinterpret_cast<PyObject*>(PyThreadState_GetFrame(state)));
}

// The one that is being handled, of a generator's or of its caller's.
Owned ExceptionOf(PyThreadState* state) {
  const _PyErr_StackItem* item = state->exc_info;
  if (item == nullptr) return {};
  while ((item->exc_value == nullptr || item->exc_value == Py_None) &&
         item->previous_item != nullptr) {
    item = item->previous_item;
  }
  return Owned::Borrow(item->exc_value == nullptr ? Py_None : item->exc_value);
}

// With the GIL, by which the list of threads changes, but for new ones at its
// head; no code of Python's runs in between.
PyObject* OfThreads(const char* event, Owned (*get)(PyThreadState*)) {
  if (PySys_Audit(event, nullptr) < 0) return nullptr;
  Owned all = Owned::Steal(PyDict_New());
  if (!all) return nullptr;
  PyThreadState* state =
      PyInterpreterState_ThreadHead(PyInterpreterState_Get());
  for (; state != nullptr; state = PyThreadState_Next(state)) {
    Owned value = get(state);
    if (!value) continue;
    Owned id = Owned::Steal(PyLong_FromUnsignedLong(state->thread_id));
    if (!id || PyDict_SetItem(all.get(), id.get(), value.get()) != 0) {
      return nullptr;
    }
  }
  return all.release();
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the linker's names
extern "C" {

PyObject* __wrap__PyThread_CurrentFrames() {
  return OfThreads("sys._current_frames", FrameOf);
}

PyObject* __wrap__PyThread_CurrentExceptions() {
  return OfThreads("sys._current_exceptions", ExceptionOf);
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
