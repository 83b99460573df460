// native/addon/bridge_binding.h: the bridge's beginning.
#pragma once

#include "napi/napi_setup.h"

namespace inmem::addon {

void AddBridgeBinding(Napi::Env env, Napi::Object exports);

}  // namespace inmem::addon
