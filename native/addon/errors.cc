// native/addon/errors.cc: a Status as a JavaScript InmemError.
#include "napi/napi_setup.h"

#include "addon/errors.h"

#include <string>

#include "addon/environment.h"
#include "base/status.h"

namespace inmem::addon {

void SetErrorClass(Napi::Env env, Napi::Function error_class) {
  Environment::Of(env).error_class = Napi::Persistent(error_class);
}

Napi::Value ErrorOf(Napi::Env env, const Status& status) {
  Napi::FunctionReference& error_class = Environment::Of(env).error_class;
  std::string code(ErrorName(status.code()));
  if (error_class.IsEmpty()) {
    return Napi::Error::New(env, code + ": " + status.message()).Value();
  }
  return error_class.New(
      {Napi::String::New(env, code), Napi::String::New(env, status.message())});
}

Napi::Value Throw(Napi::Env env, const Status& status) {
  Napi::Value error = ErrorOf(env, status);
  if (!env.IsExceptionPending()) napi_throw(env, error);
  return env.Undefined();
}

}  // namespace inmem::addon
