// native/addon/loader_binding.h: what the loader has loaded, for JavaScript.
#pragma once

#include <napi.h>

namespace inmem::addon {

void AddLoaderBinding(Napi::Env env, Napi::Object exports);

}  // namespace inmem::addon
