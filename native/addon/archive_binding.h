// native/addon/archive_binding.h: archives and ELF files for the bundler.
#pragma once

#include "napi/napi_setup.h"

namespace inmem::addon {

void AddArchiveBinding(Napi::Env env, Napi::Object exports);

}  // namespace inmem::addon
