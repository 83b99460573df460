// native/addon/host_binding.h: what this host allows.
#pragma once

#include "napi/napi_setup.h"

namespace inmem::addon {

// Adds probeHost().
void AddHostBinding(Napi::Env env, Napi::Object exports);

}  // namespace inmem::addon
