// native/addon/loader_binding.cc: what the loader has loaded, for JavaScript.
#include "napi/napi_setup.h"

#include "addon/loader_binding.h"

#include <dlfcn.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "addon/errors.h"
#include "importer/state.h"
#include "interpreter/crash_report.h"
#include "interpreter/job.h"
#include "interpreter/load_by_hand.h"
#include "loader/loaded_object_fields.h"
#include "loader/loader.h"
#include "os/dynamic_linker.h"

namespace inmem::addon {
namespace {

Napi::Array Rebindings(Napi::Env env, const loader::LoadedObject& loaded) {
  Napi::Array array = Napi::Array::New(env, loaded.rebindings.size());
  std::uint32_t index = 0;
  for (const loader::Rebinding& rebinding : loaded.rebindings) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("symbol", std::string(rebinding.symbol));
    object.Set("from", os::ObjectAt(rebinding.from));
    object.Set("to", rebinding.to);
    array.Set(index++, object);
  }
  return array;
}

Napi::Object Describe(Napi::Env env, const loader::LoadedObject& loaded) {
  Napi::Object object = Napi::Object::New(env);
  loader::VisitFields(loaded, [&](const char* name, auto value) {
    if constexpr (std::is_same_v<decltype(value), std::string_view>) {
      object.Set(name, std::string(value));
    } else {  // addresses of user space fit into a double, too
      object.Set(name, Napi::Number::New(env, static_cast<double>(value)));
    }
  });
  object.Set("rebindings", Rebindings(env, loaded));
  return object;
}

// sharedObjects(): all, in the order in which they became usable. With `true`
// each is walked for references that are bound elsewhere than on disk, unless
// another thread is loading: nobody waits for its constructors here.
Napi::Value SharedObjects(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  bool count = false;
  napi_get_value_bool(env, info[0], &count);
  const loader::Loader& loader = importer::State::Get().loader();
  const auto objects = loader.loaded();
  Napi::Array array = Napi::Array::New(env, objects.size());
  std::uint32_t index = 0;
  for (const loader::LoadedObject& loaded : objects) {
    Napi::Object object = Describe(env, loaded);
    if (count) {
      const auto violations = loader.TryCountViolations(loaded.path);
      object.Set("violations", violations
                                   ? Napi::Value(Napi::Number::New(
                                         env, static_cast<double>(*violations)))
                                   : env.Undefined());
    }
    array.Set(index++, object);
  }
  return array;
}

// loadSharedObject(path or bytes, name of the bytes, entry, global): gives the
// address that it was loaded at. The bytes are copied: they outlive the call.
Napi::Value LoadSharedObject(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  interpreter::Bundle archive;
  if (info[0].IsString()) {
    archive.path = info[0].As<Napi::String>().Utf8Value();
  } else {
    auto bytes = info[0].As<Napi::Uint8Array>();
    const auto* data = reinterpret_cast<const std::byte*>(bytes.Data());
    auto copy = std::make_shared<std::vector<std::byte>>(
        data, data + bytes.ByteLength());
    archive.bytes = std::span<const std::byte>(*copy);
    archive.owner = copy;
    archive.path = info[1].As<Napi::String>().Utf8Value();
  }
  bool global = false;
  napi_get_value_bool(env, info[3], &global);
  const auto handle =
      interpreter::LoadByHand(archive, info[2].As<Napi::String>().Utf8Value(),
                              global ? RTLD_GLOBAL : 0);
  if (!handle.ok()) return Throw(env, handle.status());
  const auto base =
      reinterpret_cast<std::uintptr_t>(os::LoadBias(handle.value()));
  return Napi::Number::New(env, static_cast<double>(base));
}

void EnableCrashReport(const Napi::CallbackInfo&) {
  interpreter::EnableCrashReport();
}

}  // namespace

void AddLoaderBinding(Napi::Env env, Napi::Object exports) {
  exports.Set("sharedObjects", Napi::Function::New(env, SharedObjects));
  exports.Set("enableCrashReport", Napi::Function::New(env, EnableCrashReport));
  exports.Set("loadSharedObject", Napi::Function::New(env, LoadSharedObject));
}

}  // namespace inmem::addon
