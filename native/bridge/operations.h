// native/bridge/operations.h: what JavaScript may ask of Python.
#pragma once

#include "napi/napi_setup.h"

namespace inmem::bridge {

// openBridge(dispatch, registers, outTags, outWords, ofWorker, interpreter):
// the environment's realm. Gives the object of native functions that
// lib/bridge/native.ts describes. REQUIRES: Python has started, Prepare()
// succeeded.
napi_value OpenBridge(napi_env env, napi_callback_info info);

// One of those: close(done), of an interpreter of its own: a Closing. Where it
// is kBegun no other function may be called any more.
napi_value Close(napi_env env, napi_callback_info info);

}  // namespace inmem::bridge
