// native/bridge/buffers.h: memory of Python objects, in JavaScript.
#pragma once

#include "napi/napi_setup.h"

namespace inmem::bridge {

// getBuffer(handle, mode, most, letter of the elements or 0: by the format):
// what lib/bridge/buffers.ts reads: ArrayBuffer, start in bytes, flags, bytes
// of an element, format, shape, strides in bytes, letter.
napi_value GetBuffer(napi_env env, napi_callback_info info);

// releaseBuffer(ArrayBuffer)
napi_value ReleaseBuffer(napi_env env, napi_callback_info info);

}  // namespace inmem::bridge
