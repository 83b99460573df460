// native/bridge/promises.h: Python waits for what JavaScript promises.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

namespace inmem::bridge {

class Realm;

// Function of JavaScript's bridge: answerPromise(number, kind, extras), `kind`
// as ReadResult() takes it.
napi_value AnswerPromise(napi_env env, napi_callback_info info);

// The environment has ended: who waits for its Promises waits no more. GIL.
void FailWaiting(Realm& realm);

// Functions of `_inmem_bridge` for python/inmem/_bridge_promises.py.
PyMethodDef* PromiseMethods();

}  // namespace inmem::bridge
