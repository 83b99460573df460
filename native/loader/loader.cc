// native/loader/loader.cc: shared objects of an archive, into this process.
#include "loader/loader.h"

#include <dlfcn.h>

#include <mutex>

#include "loader/closure.h"
#include "loader/extension_tag.h"
#include "loader/registry.h"
#include "os/dynamic_linker.h"

namespace inmem::loader {
namespace {

// One for the process, as the dynamic linker's own lock is. Recursive: a
// constructor may call dlopen, which comes back here on the same thread.
std::recursive_mutex& LoadMutex() {
  static auto& mutex = *new std::recursive_mutex;
  return mutex;
}

// Never RTLD_DEEPBIND: in Node it splits stdio, environ and malloc in two.
int CleanFlags(int flags) {
  flags &= ~RTLD_DEEPBIND;
  if ((flags & (RTLD_LAZY | RTLD_NOW)) == 0) flags |= RTLD_NOW;
  return flags;
}

Status CheckTag(const std::string& label, std::string_view entry,
                std::string_view python_tag) {
  const std::string_view tag = ExtensionTag(BaseNameOf(entry));
  if (python_tag.empty() || tag.empty() || tag == python_tag) {
    return Status::Ok();
  }
  return {ErrorCode::kWrongPython, label + ": is an extension for " +
                                       std::string(tag) + " (expected " +
                                       std::string(python_tag) + " or abi3)"};
}

// Adds the object and its closure to the global scope, which dlopen does for
// one that is loaded already when it is asked so.
Status MakeGlobal(void* handle, const std::string& label) {
  const std::string token = os::UniqueToken();
  const os::ScopedName name(handle, token);
  const auto opened = os::OpenPath(
      token, RTLD_LAZY | RTLD_NOLOAD | RTLD_GLOBAL | RTLD_NODELETE, label);
  if (!opened.ok()) return opened.status();
  ::dlclose(opened.value());
  return Status::Ok();
}

}  // namespace

struct Loader::Impl {
  Registry registry;
};

// The tree is what locations come from; loading asks their mounts alone.
Loader::Loader() : impl_(std::make_unique<Impl>()) {}

Loader::~Loader() = default;

Result<void*> Loader::Load(const vfs::Location& location,
                           const Options& options) {
  const vfs::Mount& mount = *location.mount;
  const std::string label = mount.archive().name() + "!/" + location.name;
  const auto index = mount.FindFile(location.name);
  if (!index) return Status(ErrorCode::kNotFound, label + ": no such entry");
  if (Status status = CheckTag(label, location.name, options.python_tag);
      !status.ok()) {
    return status;
  }
  const int flags = CleanFlags(options.flags);

  const std::lock_guard lock(LoadMutex());
  SharedObject* object =
      impl_->registry.Find(KeyOf(mount, mount.archive().entry(*index)));
  if (object == nullptr) {
    if ((flags & RTLD_NOLOAD) != 0) {
      return Status(ErrorCode::kLoadFailed,
                    label + ": not loaded, and RTLD_NOLOAD was given");
    }
    const auto loaded =
        Closure(impl_->registry, location.mount, flags).Load(location.name);
    if (!loaded.ok()) return loaded.status();
    object = loaded.value();
  }
  void* handle = HandleOf(*object);
  if (handle == nullptr) {
    return Status(ErrorCode::kLoadFailed, label + ": is being loaded");
  }
  if ((flags & RTLD_GLOBAL) != 0) {
    if (Status status = MakeGlobal(handle, label); !status.ok()) return status;
  }
  return handle;
}

std::vector<LoadedObject> Loader::loaded() const {
  return impl_->registry.Reports();
}

}  // namespace inmem::loader
