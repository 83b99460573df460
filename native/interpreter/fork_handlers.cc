// native/interpreter/fork_handlers.cc: what C code of a bundle does around
// fork().
#include "cpython/python_setup.h"

#include "interpreter/fork_handlers.h"

#include <pthread.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <mutex>
#include <utility>

#include "loader/loader.h"

namespace inmem::interpreter {
namespace {

using Function = void (*)();

struct Handlers {
  Function prepare;
  Function parent;
  Function child;
};

// A list that fork() reads without a lock. Objects are never unloaded.
struct Registry {
  static constexpr std::size_t kMost = 1024;
  std::mutex mutex;  // of those that add
  std::array<Handlers, kMost> all = {};
  std::atomic<std::size_t> count = 0;
};

Registry& All() {
  static auto* registry = new Registry();
  return *registry;
}

void Call(Function function) {
  if (function != nullptr) function();
}

// A thread of Python's has a state, attached or not.
bool IsPythons() { return PyGILState_GetThisThreadState() != nullptr; }

// Of the fork that this thread is in: another one may add some meanwhile, which
// then must not hear of its end.
thread_local std::size_t prepared = 0;

void OnPrepare() {
  if (!IsPythons()) return;
  prepared = All().count;
  for (std::size_t i = prepared; i > 0; --i) Call(All().all[i - 1].prepare);
}

void AfterFork(Function Handlers::* function) {
  const std::size_t count = std::exchange(prepared, 0);
  for (std::size_t i = 0; i < count; ++i) Call(All().all[i].*function);
}

void OnParent() { AfterFork(&Handlers::parent); }
void OnChild() { AfterFork(&Handlers::child); }

// What a bundle calls instead of pthread_atfork.
int AtFork(Function prepare, Function parent, Function child) {
  Registry& registry = All();
  std::lock_guard lock(registry.mutex);
  const std::size_t at = registry.count;
  if (at == Registry::kMost) return ENOMEM;
  if (at == 0) {
    const int failed = pthread_atfork(OnPrepare, OnParent, OnChild);
    if (failed != 0) return failed;
  }
  registry.all[at] = {prepare, parent, child};
  registry.count = at + 1;
  return 0;
}

// What glibc's pthread_atfork calls, which is linked into each object.
int RegisterAtFork(Function prepare, Function parent, Function child, void*) {
  return AtFork(prepare, parent, child);
}

}  // namespace

void RedirectForkHandlers(loader::Loader& loader) {
  loader.Redirect("pthread_atfork", reinterpret_cast<void*>(&AtFork));
  loader.Redirect("__register_atfork",
                  reinterpret_cast<void*>(&RegisterAtFork));
}

}  // namespace inmem::interpreter
