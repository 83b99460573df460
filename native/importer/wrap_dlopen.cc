// native/importer/wrap_dlopen.cc: dlopen of virtual paths.
//
// The addon is linked with --wrap=dlopen and --wrap=dlerror, so CPython's
// import of extensions and ctypes come here with a virtual path and keep it:
// `__file__`, the cache of single-phase modules and ctypes need no special
// case. What a bundle's own code calls comes here too: the loader redirects its
// dlopen and dlerror (RedirectLinkerCalls).
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "importer/linker_calls.h"
#include "importer/load_error.h"
#include "importer/python_tag.h"
#include "importer/state.h"
#include "vfs/tree.h"

namespace inmem::importer {
namespace {

struct LoadError {
  Status status;
  std::string text;  // what dlerror gave out, alive until the next call
  bool told = true;
};

LoadError& ThreadError() {
  static thread_local LoadError error;
  return error;
}

// As the C library does: a new call's outcome is the only one.
void ForgetLoadError() {
  ThreadError().status = Status::Ok();
  ThreadError().told = true;
}

}  // namespace

void SetLoadError(Status status) {
  ThreadError().status = std::move(status);
  ThreadError().told = false;
}

std::string TakeLoadErrorCode() {
  Status status = std::exchange(ThreadError().status, Status::Ok());
  return std::string(ErrorName(status.code()));
}

}  // namespace inmem::importer

extern "C" {

void* __real_dlopen(const char* path, int flags);
char* __real_dlerror();

void* __wrap_dlopen(const char* path, int flags) {
  using inmem::importer::State;
  inmem::importer::ForgetLoadError();
  if (path == nullptr || path[0] != '/') return __real_dlopen(path, flags);
  State& state = State::Get();
  // Plugins are often looked for at "/x/lib/../plugins/y.so".
  auto location = state.tree().Locate(inmem::vfs::Normalize(path));
  if (!location || location->name.empty()) return __real_dlopen(path, flags);
  inmem::loader::Loader::Options options;
  options.flags = flags;
  options.python_tag = inmem::importer::PythonTag();
  auto handle = state.loader().Load(*location, options);
  if (handle.ok()) return handle.value();
  inmem::importer::SetLoadError(handle.status());
  return nullptr;
}

char* __wrap_dlerror() {
  auto& error = inmem::importer::ThreadError();
  if (error.told) return __real_dlerror();
  error.told = true;
  error.text = error.status.message();
  return error.text.data();
}

}  // extern "C"

namespace inmem::importer {
namespace {

// dlopen as a bundle's object calls it.
void* DlopenForBundle(const char* path, int flags) {
  ForgetLoadError();
  if (path == nullptr) return __real_dlopen(path, flags);
  const std::string_view name(path);
  if (name.find('/') != std::string_view::npos &&
      !name.starts_with("$ORIGIN") && !name.starts_with("${ORIGIN}")) {
    return __wrap_dlopen(path, flags);
  }
  State& state = State::Get();
  auto handle = state.loader().LoadFor(__builtin_return_address(0), name,
                                       state.tree(), {flags, PythonTag()});
  if (!handle.ok()) {
    SetLoadError(handle.status());
    return nullptr;
  }
  return handle.value() != nullptr ? handle.value()
                                   : __real_dlopen(path, flags);
}

}  // namespace

void RedirectLinkerCalls(loader::Loader& loader) {
  loader.Redirect("dlopen", reinterpret_cast<void*>(&DlopenForBundle));
  loader.Redirect("dlerror", reinterpret_cast<void*>(&__wrap_dlerror));
}

}  // namespace inmem::importer
