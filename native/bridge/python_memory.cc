// native/bridge/python_memory.cc: memory of Python objects, held for
// JavaScript.
#include "cpython/python_setup.h"

#include "bridge/python_memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "bridge/backing_store.h"
#include "bridge/interpreter.h"
#include "bridge/service.h"

namespace inmem::bridge {

namespace {

bool IsDetached(napi_env env, napi_value buffer) {
  bool detached = true;
  napi_is_detached_arraybuffer(env, buffer, &detached);
  return detached;
}

void Release(Py_buffer* view) {
  PyBuffer_Release(view);
  delete view;
}

}  // namespace

std::shared_ptr<PythonMemory> PythonMemory::Of(PyObject* object) {
  auto view = std::make_unique<Py_buffer>();
  if (PyObject_GetBuffer(object, view.get(), PyBUF_FULL_RO) != 0) return {};
  std::shared_ptr<PythonMemory> memory(new PythonMemory());
  memory->view_ = view.release();
  memory->interpreter_ = Interpreter::Current().shared_from_this();
  memory->Measure();
  return memory;
}

// A finalizer of JavaScript's must not wait for the GIL.
PythonMemory::~PythonMemory() {
  if (interpreter_->IsHeld()) {
    Release(view_);
  } else {
    interpreter_->service().OnWorker([view = view_] { Release(view); });
  }
}

void PythonMemory::Measure() {
  const Py_buffer& view = *view_;
  low_ = static_cast<char*>(view.buf);
  high_ = low_ + view.len;
  if (view.strides != nullptr && view.len != 0) {
    high_ = low_ + view.itemsize;
    for (int i = 0; i < view.ndim; ++i) {
      const Py_ssize_t reach = view.strides[i] * (view.shape[i] - 1);
      (reach < 0 ? low_ : high_) += reach;
    }
  }
}

bool PythonMemory::LiesIn(std::size_t unit) const {
  const Py_buffer& view = *view_;
  const auto size = static_cast<Py_ssize_t>(unit);
  if (view.suboffsets != nullptr || view.itemsize % size != 0 ||
      reinterpret_cast<std::uintptr_t>(view.buf) % unit != 0) {
    return false;
  }
  for (int i = 0; view.strides != nullptr && i < view.ndim; ++i) {
    if (view.shape[i] > 1 && view.strides[i] % size != 0) return false;
  }
  return true;
}

// --- ArrayBuffers over it ----------------------------------------------------

struct Exports::Export {
  std::shared_ptr<Exports> table;
  std::shared_ptr<PythonMemory> memory;  // null: taken back
  const char* low = nullptr;
  napi_ref buffer = nullptr;  // weak
  // Whoever of JavaScript's has the memory, in this environment or another.
  std::weak_ptr<BackingStore> store;

  // Whether somebody has it who is not `buffer`: an ArrayBuffer that transfer()
  // or postMessage() made, or Python in another interpreter, to which it is
  // JavaScript's. Of this interpreter's own Python, each that has it holds the
  // memory as well.
  bool IsElsewhere(napi_env env) const {
    napi_value known = nullptr;
    napi_get_reference_value(env, buffer, &known);
    const bool is_here = known != nullptr && !IsDetached(env, known);
    return store.use_count() - (memory.use_count() - 1) > (is_here ? 1 : 0);
  }
};

namespace {

// Memory that was taken back, or whose environment or interpreter has ended,
// while somebody has it whom nobody knows: V8 does not tell when he lets it go.
class Orphans {
 public:
  static Orphans& Get() {
    static auto* orphans = new Orphans();
    return *orphans;
  }
  void Add(std::weak_ptr<BackingStore> store,
           std::shared_ptr<PythonMemory> memory) {
    std::lock_guard lock(mutex_);
    kept_.emplace_back(std::move(store), std::move(memory));
  }
  bool HasOf(const Interpreter& interpreter) {
    LetGo();
    std::lock_guard lock(mutex_);
    return std::any_of(kept_.begin(), kept_.end(), [&](const Orphan& one) {
      return &one.second->interpreter() == &interpreter;
    });
  }
  void LetGo() {
    std::vector<Orphan> gone;
    std::lock_guard lock(mutex_);
    const auto is_kept = [](const Orphan& one) { return !one.first.expired(); };
    const auto end = std::partition(kept_.begin(), kept_.end(), is_kept);
    std::move(end, kept_.end(), std::back_inserter(gone));
    kept_.erase(end, kept_.end());
  }

 private:
  using Orphan =
      std::pair<std::weak_ptr<BackingStore>, std::shared_ptr<PythonMemory>>;
  std::mutex mutex_;
  std::vector<Orphan> kept_;
};

}  // namespace

bool MayShareMemory() {
  static const bool may = [] {
    const char* refused = std::getenv("INMEM_NO_EXTERNAL_BUFFERS");
    return refused == nullptr || std::strcmp(refused, "1") != 0;
  }();
  return may;
}

napi_value Exports::Find(napi_env env, const PythonMemory& memory,
                         std::size_t unit, std::size_t* start) const {
  constexpr int kTried = 4;  // memory that begins earlier is seldom nested
  auto found = live_.upper_bound(memory.low());
  for (int i = 0; i < kTried && found != live_.begin(); ++i) {
    const Export& known = *(--found)->second;
    const auto offset = static_cast<std::size_t>(memory.low() - known.low);
    if (memory.high() > known.memory->high() || offset % unit != 0) continue;
    napi_value buffer = nullptr;
    napi_get_reference_value(env, known.buffer, &buffer);
    if (buffer == nullptr) continue;  // collected, not yet finalized
    *start = offset;
    if (!IsDetached(env, buffer)) return buffer;
  }
  return nullptr;
}

napi_value Exports::Share(napi_env env, std::shared_ptr<PythonMemory> memory,
                          std::size_t unit, std::size_t* start) {
  if (!MayShareMemory()) return nullptr;
  napi_value buffer = Find(env, *memory, unit, start);
  if (buffer != nullptr) return buffer;
  auto made = std::make_unique<Export>();
  made->table = shared_from_this();
  made->low = memory->low();
  made->memory = std::move(memory);
  const auto bytes = static_cast<std::size_t>(made->memory->high() - made->low);
  if (napi_create_external_arraybuffer(env, made->memory->low(), bytes,
                                       Finalize, made.get(),
                                       &buffer) != napi_ok) {
    return nullptr;
  }
  napi_create_reference(env, buffer, 0, &made->buffer);
  made->store = StoreOf(buffer, made->low);
  *start = 0;
  Orphans::Get().LetGo();
  const char* low = made->low;
  live_.emplace(low, made.release());
  return buffer;
}

// When V8 has let the memory go, or the environment ends.
void Exports::Finalize(napi_env env, void*, void* hint) {
  std::unique_ptr<Export> gone(static_cast<Export*>(hint));
  if (gone->memory && gone->IsElsewhere(env)) {
    Orphans::Get().Add(gone->store, gone->memory);
  }
  auto& live = gone->table->live_;
  auto [at, end] = live.equal_range(gone->low);
  while (at != end && at->second != gone.get()) ++at;
  if (at != end) live.erase(at);
  if (gone->buffer != nullptr) napi_delete_reference(env, gone->buffer);
}

void Exports::Take(napi_env env, napi_value buffer) {
  for (auto at = live_.begin(); at != live_.end(); ++at) {
    Export& known = *at->second;
    napi_value other = nullptr;
    bool is_same = false;
    napi_get_reference_value(env, known.buffer, &other);
    if (other == nullptr ||
        napi_strict_equals(env, other, buffer, &is_same) != napi_ok ||
        !is_same) {
      continue;
    }
    if (IsDetached(env, buffer) ||
        napi_detach_arraybuffer(env, buffer) != napi_ok) {
      return;
    }
    live_.erase(at);
    // The ArrayBuffer has let it go: who has it still is another.
    if (known.IsElsewhere(env)) Orphans::Get().Add(known.store, known.memory);
    known.memory.reset();
    return;
  }
}

void Exports::TakeAll(napi_env env) {
  const Napi::HandleScope scope(env);
  for (const auto& [low, known] : std::exchange(live_, {})) {
    if (known->IsElsewhere(env))
      Orphans::Get().Add(known->store, known->memory);
    napi_value buffer = nullptr;
    napi_get_reference_value(env, known->buffer, &buffer);
    if (buffer != nullptr) napi_detach_arraybuffer(env, buffer);
    known->memory.reset();
  }
}

void Exports::LetGo() { Orphans::Get().LetGo(); }

bool Exports::Outlive(const Interpreter& interpreter) {
  return Orphans::Get().HasOf(interpreter);
}

std::shared_ptr<PythonMemory> Exports::Behind(const void* address) const {
  const auto* at = static_cast<const char*>(address);
  for (const auto& [low, known] : live_) {
    if (low <= at && at < known->memory->high()) return known->memory;
  }
  return {};
}

}  // namespace inmem::bridge
