// native/addon/trust_binding.h: what signing and verifying ask of a bundle.
#pragma once

#include "napi/napi_setup.h"

namespace inmem::addon {

// Adds bundleLayout() and verifyBundle().
void AddTrustBinding(Napi::Env env, Napi::Object exports);

}  // namespace inmem::addon
