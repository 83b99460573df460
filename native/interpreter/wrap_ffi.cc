// native/interpreter/wrap_ffi.cc: functions of ctypes that C code calls on
// threads of its own.
//
// CPython 3.13 runs these in the main interpreter, whichever they belong to:
// objects of one would be used with the GIL of another, and the process ends by
// that. The addon is linked with --wrap of where ctypes makes such a function:
// one of another interpreter runs in that.
#include "cpython/python_setup.h"

#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace {

// libffi's types are its own: nothing looks into them here.
using Function = void (*)(void*, void*, void**, void*);

struct Callback {
  PyInterpreterState* interpreter;
  Function function;
  void* data;
};

// By their closures; never destroyed.
struct Callbacks {
  std::mutex mutex;
  std::unordered_map<void*, std::unique_ptr<Callback>> all;
};

Callbacks& Get() {
  static auto* callbacks = new Callbacks();
  return *callbacks;
}

void Call(void* cif, void* result, void** args, void* data) {
  const auto* callback = static_cast<const Callback*>(data);
  // A thread that Python knows is in that interpreter, which called C.
  const bool is_known = PyGILState_GetThisThreadState() != nullptr;
  if (is_known) {
    callback->function(cif, result, args, callback->data);
    return;
  }
  PyThreadState* const state = PyThreadState_New(callback->interpreter);
  PyEval_AcquireThread(state);
  callback->function(cif, result, args, callback->data);
  PyThreadState_Clear(state);
  PyThreadState_DeleteCurrent();
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the linker's names
extern "C" {

int __real_ffi_prep_closure_loc(void* closure, void* cif, Function function,
                                void* data, void* code);
void __real_ffi_closure_free(void* closure);

// With the GIL.
int __wrap_ffi_prep_closure_loc(void* closure, void* cif, Function function,
                                void* data, void* code) {
  PyInterpreterState* const interpreter = PyInterpreterState_Get();
  if (interpreter == PyInterpreterState_Main()) {
    return __real_ffi_prep_closure_loc(closure, cif, function, data, code);
  }
  auto made = std::make_unique<Callback>(
      Callback{.interpreter = interpreter, .function = function, .data = data});
  Callback* const callback = made.get();
  {
    std::lock_guard lock(Get().mutex);
    Get().all[closure] = std::move(made);
  }
  return __real_ffi_prep_closure_loc(closure, cif, Call, callback, code);
}

void __wrap_ffi_closure_free(void* closure) {
  {
    std::lock_guard lock(Get().mutex);
    Get().all.erase(closure);
  }
  __real_ffi_closure_free(closure);
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
