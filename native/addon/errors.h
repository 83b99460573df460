// native/addon/errors.h: a Status as a JavaScript InmemError.
#pragma once

#include "napi/napi_setup.h"

#include <string>

#include "base/status.h"

namespace inmem::addon {

// JavaScript owns the class; lib/binding.ts hands it over once.
void SetErrorClass(Napi::Env env, Napi::Function error_class);

// `new InmemError(code, message)`; empty with a JS exception pending.
Napi::Value ErrorOf(Napi::Env env, const Status& status);

// The same, pending. Always gives undefined.
Napi::Value Throw(Napi::Env env, const Status& status);

}  // namespace inmem::addon
