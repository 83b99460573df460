// native/bridge/js_allocation.h: memory that may not be there.
//
// V8 ends the process where memory for its heap runs out, Node-API where an
// ArrayBuffer gets none. What a program's data makes large is looked for first;
// small things fail with V8's own, at any line of JavaScript.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include <cstddef>
#include <new>
#include <stdexcept>

namespace inmem::bridge {

// Whether this much memory is there to be had now: true for what is not large.
bool HasRoom(std::size_t bytes);

// As napi_create_arraybuffer(). Null: there is no memory, and a RangeError is
// pending.
napi_value NewArrayBuffer(napi_env env, std::size_t bytes, void** data);

// A RangeError, not thrown.
napi_value NewRangeError(napi_env env, const char* message);

inline constexpr const char* kNoMemory =
    "no memory for a value that crosses between JavaScript and Python";

// False where memory ended in it.
template <typename Function>
bool MemoryLasts(Function does) {
  try {
    does();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  } catch (const std::length_error&) {
    return false;
  }
}

// A function for JavaScript: where memory ends in it, a RangeError is thrown.
template <napi_callback kCallback>
napi_value Guarded(napi_env env, napi_callback_info info) {
  napi_value result = nullptr;
  if (!MemoryLasts([&] { result = kCallback(env, info); })) {
    napi_throw_range_error(env, nullptr, kNoMemory);
  }
  return result;
}

// What `does` gives; where memory ends in it, `otherwise` with a MemoryError.
// GIL.
template <typename Result, typename Function>
Result OrMemoryError(Result otherwise, Function does) {
  if (!MemoryLasts([&] { otherwise = does(); })) PyErr_NoMemory();
  return otherwise;
}

}  // namespace inmem::bridge
