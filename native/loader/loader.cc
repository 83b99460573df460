// native/loader/loader.cc: shared objects of an archive, into this process.
#include "loader/loader.h"

#include <dlfcn.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "loader/closure.h"
#include "loader/completion.h"
#include "loader/cxx_runtime.h"
#include "loader/extension_tag.h"
#include "loader/need_search.h"
#include "loader/offers.h"
#include "loader/registry.h"
#include "loader/scope.h"
#include "os/dynamic_linker.h"
#include "os/fork_mutex.h"

namespace inmem::loader {
namespace {

// One for the process, as the dynamic linker's own lock is. Recursive: a
// constructor may call dlopen, which comes back here on the same thread.
os::ForkMutex& LoadMutex() {
  static auto& mutex = *new os::ForkMutex;
  return mutex;
}

std::atomic<const Waiting*>& TheWaiting() {
  static std::atomic<const Waiting*> waiting = nullptr;
  return waiting;
}

// Holds LoadMutex. Whoever has to wait for it lets go what a constructor under
// it may be waiting for, and has it back before trying again: nobody waits for
// the one with the other in hand.
class LoadLock {
 public:
  LoadLock() {
    while (!LoadMutex().try_lock()) {
      const Waiting* waiting = TheWaiting();
      void* left = waiting != nullptr ? waiting->leave() : nullptr;
      LoadMutex().lock();
      if (left == nullptr) return;
      LoadMutex().unlock();
      waiting->come_back(left);
    }
  }
  ~LoadLock() { LoadMutex().unlock(); }
  LoadLock(const LoadLock&) = delete;
  LoadLock& operator=(const LoadLock&) = delete;
};

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

// The archive of an object, also when it was unmounted at the end of a run and
// mounted again by the next. Null where it is gone.
std::shared_ptr<const vfs::Mount> MountOf(const Registry& registry,
                                          SharedObject& object,
                                          const vfs::Tree& tree) {
  if (auto mount = object.mount.lock()) return mount;
  for (auto& mount : tree.mounts()) {
    const auto index = mount->FindFile(object.entry);
    if (!index) continue;
    if (registry.Find(KeyOf(*mount, *index)) != &object) continue;
    object.mount = mount;
    return mount;
  }
  return nullptr;
}

}  // namespace

struct Loader::Impl {
  Registry registry;
  Redirects redirects;
  Policy policy;
  Offers offers;
  bool has_cxx_runtime = false;  // the host's, bound to `redirects`

  Result<void*> Use(SharedObject& object, int flags);
  std::uint64_t CountViolations(std::string_view path);
};

// A known object, made ready and given out.
Result<void*> Loader::Impl::Use(SharedObject& object, int flags) {
  void* handle = HandleOf(object);
  if (handle == nullptr) {
    return Status(ErrorCode::kLoadFailed,
                  object.report.path + ": is being loaded");
  }
  // Node has brought it along, or what was loaded just now.
  if (!has_cxx_runtime) has_cxx_runtime = RedirectCxxRuntime(redirects);
  if (Status status = Complete(registry, redirects, object); !status.ok())
    return status;
  if ((flags & RTLD_GLOBAL) == 0) return handle;
  if (Status status = MakeGlobal(handle, object.report.path); !status.ok()) {
    return status;
  }
  for (SharedObject* member : Reachable(object)) registry.AddGlobal(member);
  return handle;
}

std::uint64_t Loader::Impl::CountViolations(std::string_view path) {
  std::uint64_t count = 0;
  for (SharedObject* object : registry.objects()) {
    if (object->report.path != path) continue;
    count += loader::CountViolations(registry, redirects, *object);
  }
  return count;
}

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

  const LoadLock lock;
  SharedObject* object = impl_->registry.Find(KeyOf(mount, *index));
  if (object == nullptr) {
    if ((flags & RTLD_NOLOAD) != 0) {
      return Status(ErrorCode::kLoadFailed,
                    label + ": not loaded, and RTLD_NOLOAD was given");
    }
    const auto opened =
        Closure(impl_->registry, impl_->redirects, impl_->policy, impl_->offers,
                location.mount, flags)
            .Load(location.name);
    if (!opened.ok()) return opened.status();
    object = opened.value();
  }
  return impl_->Use(*object, flags);
}

Result<void*> Loader::LoadFor(const void* caller, std::string_view name,
                              const vfs::Tree& tree, const Options& options) {
  const LoadLock lock;
  SharedObject* user =
      impl_->registry.FindByAddress(reinterpret_cast<std::uintptr_t>(caller));
  if (user == nullptr) return nullptr;
  // Its own archive's first: another one may have a library of that name.
  if (const auto mount = MountOf(impl_->registry, *user, tree)) {
    const Seeker seeker{user->entry, user->rpath, user->runpath, nullptr};
    const NeedFound found = FindNeed(*mount, seeker, name);
    if (found.entry) return Load({mount, *found.entry}, options);
  }
  SharedObject* known = impl_->registry.FindBySoname(name);
  if (known == nullptr) return nullptr;
  // One that nobody has checked is none of what is verified.
  if (!user->identity.empty() && known->identity.empty()) return nullptr;
  return impl_->Use(*known, CleanFlags(options.flags));
}

void Loader::LetGoWhileWaiting(const Waiting& waiting) {
  TheWaiting() = new Waiting(waiting);  // others may be reading the last one
}

void Loader::Redirect(const std::string& function, void* to) {
  const LoadLock lock;
  impl_->redirects.Add(function, reinterpret_cast<std::uintptr_t>(to));
}

void Loader::ShareCopies(
    std::string_view inherited,
    std::function<void(const std::string& value)> publish) {
  const LoadLock lock;
  impl_->offers.Begin(inherited, std::move(publish));
}

void Loader::SetPolicy(Policy policy) {
  const LoadLock lock;
  impl_->policy = std::move(policy);
}

std::uint64_t Loader::CountViolations(std::string_view path) const {
  const LoadLock lock;
  return impl_->CountViolations(path);
}

std::optional<std::uint64_t> Loader::TryCountViolations(
    std::string_view path) const {
  const std::unique_lock lock(LoadMutex(), std::try_to_lock);
  if (!lock.owns_lock()) return std::nullopt;
  return impl_->CountViolations(path);
}

std::vector<LoadedObject> Loader::loaded() const {
  return impl_->registry.Reports();
}

}  // namespace inmem::loader
