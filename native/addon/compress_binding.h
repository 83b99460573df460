// native/addon/compress_binding.h: compression beside JavaScript's thread.
#pragma once

#include "napi/napi_setup.h"

namespace inmem::addon {

void AddCompressBinding(Napi::Env env, Napi::Object exports);

}  // namespace inmem::addon
