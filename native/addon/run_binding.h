// native/addon/run_binding.h: run, interrupt and the streams of a run.
#pragma once

#include "napi/napi_setup.h"

namespace inmem::addon {

void AddRunBinding(Napi::Env env, Napi::Object exports);

}  // namespace inmem::addon
