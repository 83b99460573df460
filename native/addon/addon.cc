// native/addon/addon.cc: the addon's entry point.
#include "napi/napi_setup.h"

#include <dlfcn.h>

#include <chrono>
#include <cstdlib>

#include "addon/archive_binding.h"
#include "addon/bridge_binding.h"
#include "addon/compress_binding.h"
#include "addon/elf_binding.h"
#include "addon/environment.h"
#include "addon/errors.h"
#include "addon/host_binding.h"
#include "addon/loader_binding.h"
#include "addon/run_binding.h"
#include "addon/trust_binding.h"
#include "bridge/begin.h"
#include "files/files.h"
#include "interpreter/python_thread.h"
#include "interpreter/versions.h"

namespace inmem::addon {
namespace {

using interpreter::PythonThread;

// How long the end of the process waits for Python to stand still: all of it
// only where C code keeps the GIL. Threads that compute on a busy machine give
// it away late, and what has been printed is still to be written then.
constexpr std::chrono::seconds kParkLimit(2);

// Extension modules find CPython's API in the global scope, but Node loads
// addons RTLD_LOCAL. The extra reference also keeps the addon from being
// unloaded with the worker that first loaded it.
void JoinGlobalScope() {
  Dl_info info = {};
  if (dladdr(reinterpret_cast<void*>(JoinGlobalScope), &info) == 0) return;
  dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_GLOBAL);
}

// process.exit() runs no cleanup hooks of Node-API, and a worker's end is not
// the process's: exit() itself is the one place that every end but a crash
// passes.
void ParkAtExit() {
  static const int registered = std::atexit([] {
    bridge::ParkInterpreters(kParkLimit);
    PythonThread::Get().Park(kParkLimit);
  });
  (void)registered;
}

// warmUp(path?): of the bundle that is going to be run.
void WarmUp(const Napi::CallbackInfo& info) {
  PythonThread::Get().WarmUp(
      info[0].IsString() ? info[0].As<Napi::String>().Utf8Value() : "");
}

Napi::Value Versions(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  interpreter::LibraryVersions versions = interpreter::LinkedVersions();
  object.Set("python", versions.python);
  object.Set("openssl", versions.openssl);
  object.Set("sqlite", versions.sqlite);
  object.Set("zlib", versions.zlib);
  return object;
}

// initialize(InmemError): once an environment. All but warmUp() comes with it,
// so that Python may start beside it.
void Initialize(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto exports = info.This().As<Napi::Object>();
  SetErrorClass(env, info[0].As<Napi::Function>());
  ParkAtExit();
  JoinGlobalScope();
  files::MarkOutsideThread();
  exports.Set("versions", Napi::Function::New(env, Versions));
  AddLoaderBinding(env, exports);
  AddRunBinding(env, exports);
  AddBridgeBinding(env, exports);
  AddArchiveBinding(env, exports);
  AddCompressBinding(env, exports);
  AddElfBinding(env, exports);
  AddHostBinding(env, exports);
  AddTrustBinding(env, exports);
}

Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment());
  exports.Set("warmUp", Napi::Function::New(env, WarmUp));
  exports.Set("initialize", Napi::Function::New(env, Initialize));
  return exports;
}

}  // namespace
}  // namespace inmem::addon

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  return inmem::addon::InitAddon(env, exports);
}

NODE_API_MODULE(inmem, Init)
