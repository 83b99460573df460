// native/addon/environment.h: what belongs to one JavaScript environment (the
// main thread or a worker).
#pragma once

#include "napi/napi_setup.h"

#include <memory>

namespace inmem::addon {

struct Environment {
  Napi::FunctionReference error_class;

  static Environment& Of(Napi::Env env) {
    return *env.GetInstanceData<Environment>();
  }
};

}  // namespace inmem::addon
