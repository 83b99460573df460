// native/bridge/close_operation.cc: JavaScript ends an interpreter of its own.
#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include "bridge/frame.h"
#include "bridge/operations.h"
#include "napi/js_calls.h"

namespace inmem::bridge {

napi_value Close(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  auto calls = napi::JsCalls::Make(
      Napi::Env(env), "inmem-python close", [] {},
      Napi::Function(env, frame.argv[0]));
  if (!calls) return nullptr;
  const Closing closing = frame.realm->CloseOwn([calls] {
    calls->PostToListener(
        [](Napi::Env, Napi::Function done) { done.Call({}); });
    calls->Release();
  });
  if (closing != Closing::kBegun) calls->Release();
  napi_value result = nullptr;
  napi_create_int32(env, static_cast<std::int32_t>(closing), &result);
  return result;
}

}  // namespace inmem::bridge
