// native/bridge/realm.cc: one JavaScript environment's half of the bridge.
#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include "bridge/realm.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "bridge/interpreter.h"
#include "bridge/js_object.h"
#include "bridge/promises.h"
#include "bridge/service.h"
#include "cpython/gil.h"
#include "cpython/owned.h"
#include "napi/js_calls.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

// What stays free below Python's recursion: for signal handlers, and for C code
// that does not count itself.
constexpr std::size_t kStackReserve = 256u << 10;
// Of one unit of CPython's count: the largest frames between two checks.
constexpr std::size_t kBytesOfRecursion = 1u << 10;

char* LowestOfStack() {
  pthread_attr_t attributes;
  void* low = nullptr;
  std::size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return nullptr;
  pthread_attr_getstack(&attributes, &low, &size);
  pthread_attr_destroy(&attributes);
  return static_cast<char*>(low);
}

template <typename T>
bool TypedMemory(napi_env env, napi_value array, T** data, std::size_t* count) {
  void* bytes = nullptr;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, array, &type, count, &bytes, nullptr,
                               nullptr) != napi_ok) {
    return false;
  }
  *data = static_cast<T*>(bytes);
  return true;
}

thread_local std::weak_ptr<JsThread> here;

}  // namespace

std::shared_ptr<JsThread> JsThread::Find() { return here.lock(); }

std::shared_ptr<JsThread> JsThread::Here() {
  auto known = Find();
  if (known == nullptr) {
    known = std::make_shared<JsThread>();
    here = known;
  }
  return known;
}

std::shared_ptr<Realm> Realm::Open(napi_env env, napi_value dispatch,
                                   napi_value registers, napi_value out_tags,
                                   napi_value out_words, bool of_worker,
                                   std::shared_ptr<Interpreter> interpreter) {
  std::shared_ptr<Realm> realm(new Realm());
  static std::atomic<std::uint32_t> realms{0};
  realm->id_ = ++realms;
  realm->env_ = env;
  realm->interpreter_ = std::move(interpreter);
  realm->thread_ = pthread_self();
  realm->stack_low_ = LowestOfStack();
  std::size_t count = 0;
  if (!TypedMemory(env, registers, &realm->registers_, &count) ||
      !TypedMemory(env, out_tags, &realm->out_.tags, &realm->out_.tag_count) ||
      !TypedMemory(env, out_words, &realm->out_.words,
                   &realm->out_.word_count)) {
    return nullptr;
  }
  napi_value kept = nullptr;
  napi_create_array(env, &kept);
  napi_set_element(env, kept, 0, registers);
  napi_set_element(env, kept, 1, out_tags);
  napi_set_element(env, kept, 2, out_words);
  napi_create_reference(env, kept, 1, &realm->kept_);
  napi_create_reference(env, dispatch, 1, &realm->dispatch_);
  realm->calls_ = napi::JsCalls::Make(Napi::Env(env), "inmem-python", [] {});
  if (!realm->calls_) return nullptr;
  realm->calls_->Hold(Napi::Env(env), false);
  JsThread& js_thread = *realm->js_thread_;
  const bool is_first = js_thread.realms++ == 0;
  if (of_worker && is_first) {
    js_thread.end_watch = EndWatch::Begin(env, realm->js_thread_);
  }
  auto* held = new std::shared_ptr<Realm>(realm);
  napi_add_env_cleanup_hook(
      env,
      [](void* data) {
        std::unique_ptr<std::shared_ptr<Realm>> owner(
            static_cast<std::shared_ptr<Realm>*>(data));
        const std::shared_ptr<Realm>& realm = *owner;
        if (realm->done_) return;
        realm->Close(false);
        const bool is_own = !realm->interpreter_->is_main();
        if (is_own && Py_IsInitialized() != 0) realm->interpreter_->End();
      },
      held);
  return realm;
}

Realm::~Realm() = default;

// The environment ends, or the interpreter (`alive`: JavaScript goes on): what
// JavaScript held of Python goes now, what Python holds of it gives errors from
// now on.
void Realm::Close(bool alive) {
  done_ = true;
  closed_.store(true, std::memory_order_release);
  calls_->Release();
  const bool is_last = --js_thread_->realms == 0;
  if (is_last && js_thread_->end_watch) js_thread_->end_watch->Finish();
  for (const auto& [number, limit] : limits_) limit->Close();
  limits_.clear();
  if (Py_IsInitialized() == 0) return;
  if (python_ == nullptr && interpreter_->is_main()) return;
  EnterPython();
  if (alive) exports_->TakeAll(env_);
  FailWaiting(*this);
  handles_.Clear();
  for (PyObject* name : names_) Py_DECREF(name);
  names_.clear();
  LeaveForGood();
}

Closing Realm::CloseOwn(std::function<void()> done) {
  if (progress.in_python()) return Closing::kInPython;
  // First: what is closed cannot be opened again.
  const auto end = interpreter_->PrepareEnd(std::move(done));
  if (!end) return Closing::kNoThread;
  Close(true);
  end();
  return Closing::kBegun;
}

// With the state of this thread in the interpreter; all realms of the main one
// share theirs. Not PyGILState_Ensure(): that takes the interpreter which the
// thread was in last.
void Realm::EnterPython() {
  if (python_ == nullptr) {
    PyThreadState*& shared = js_thread_->shared;
    const bool is_main = interpreter_->is_main();
    python_ = is_main && shared != nullptr
                  ? shared
                  : PyThreadState_New(interpreter_->state());
    if (is_main) {
      shared = python_;
      ++js_thread_->sharing;
    }
  }
  PyEval_RestoreThread(python_);
}

void Realm::LeaveForGood() {
  PyThreadState* const mine = std::exchange(python_, nullptr);
  if (interpreter_->is_main()) {
    if (--js_thread_->sharing > 0) {
      PyEval_SaveThread();
      return;
    }
    js_thread_->shared = nullptr;
  }
  EndWatch::WaitForLook();
  PyThreadState_Clear(mine);
  PyThreadState_DeleteCurrent();
}

bool Realm::OnJsThread() const {
  return pthread_equal(thread_, pthread_self()) != 0;
}

std::uint32_t Realm::Intern(Owned name) {
  PyObject* text = name.release();
  PyUnicode_InternInPlace(&text);
  names_.push_back(text);
  return static_cast<std::uint32_t>(names_.size() - 1);
}

PyObject* Realm::Name(std::uint32_t number) const {
  return number < names_.size() ? names_[number] : nullptr;
}

Owned Realm::ProxyOf(std::uint32_t index, std::uint32_t traits) {
  Proxy& proxy = proxies_[index];
  ++proxy.sent;
  if (proxy.object != nullptr) return Owned::Borrow(proxy.object);
  Owned made = MakeJsObject(shared_from_this(), index, traits);
  if (made) {
    proxies_[index].object = made.get();
  } else {
    ForgetProxy(index, nullptr);
  }
  return made;
}

void Realm::ForgetProxy(std::uint32_t index, napi_ref function) {
  auto found = proxies_.find(index);
  if (found == proxies_.end()) return;
  const std::uint32_t sent = found->second.sent;
  proxies_.erase(found);
  GiveBack(index, sent, function);
}

void Realm::TakeBack(const Tape& tape, std::size_t received) {
  std::size_t word = 0;
  for (const std::uint8_t tag : tape.tags) {
    if (word >= tape.words.size()) return;  // none has a number any more
    if (static_cast<Tag>(tag) == Tag::kObject) {
      if (received == 0) {
        GiveBack(static_cast<std::uint32_t>(tape.words[word]), 1, nullptr);
      } else {
        --received;
      }
    }
    word += WordsOf(static_cast<Tag>(tag), tape.words[word]);
  }
}

void Realm::GiveBack(std::uint32_t index, std::uint32_t times,
                     napi_ref function) {
  if (closed()) return;  // before the mutex: it may be held since fork()
  std::lock_guard lock(mutex_);
  if (closed()) return;
  to_javascript_.emplace_back(index, times);
  if (function != nullptr) unused_.push_back(function);
  const bool here = OnJsThread();
  if (here) Reg(Register::kReleased) = 1;
  if (to_javascript_.size() > 1) return;  // told already
  calls_->Post([self = shared_from_this()](Napi::Env) {
    napi_value op = nullptr;
    napi_create_int32(self->env_, static_cast<std::int32_t>(JsOp::kRelease),
                      &op);
    self->Tell(&op, 1);
  });
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> Realm::TakeReleased() {
  std::lock_guard lock(mutex_);
  Reg(Register::kReleased) = 0;
  for (napi_ref function : unused_) napi_delete_reference(env_, function);
  unused_.clear();
  return std::exchange(to_javascript_, {});
}

void Realm::ReleaseLater(std::uint32_t index, std::uint32_t times) {
  std::lock_guard lock(mutex_);
  to_python_.push_back({index, times, next_ticket_});
}

void Realm::Drain() {
  // What goes may run code that lets go of numbers which are on their way.
  if (draining_ || closed()) return;
  std::vector<Release> releases;
  {
    std::lock_guard lock(mutex_);
    if (Reg(Register::kOpenTapes) > 0) return;
    while (!to_python_.empty() &&
           (travelling_.empty() ||
            *travelling_.begin() >= to_python_.front().after)) {
      releases.push_back(to_python_.front());
      to_python_.pop_front();
    }
  }
  draining_ = true;
  for (const Release& gone : releases) handles_.Release(gone.index, gone.times);
  draining_ = false;
}

std::uint64_t Realm::BeginTravel() {
  std::lock_guard lock(mutex_);
  travelling_.insert(next_ticket_);
  return next_ticket_++;
}

void Realm::EndTravel(std::uint64_t ticket) {
  if (ticket == 0) return;
  std::lock_guard lock(mutex_);
  travelling_.erase(ticket);
}

void Realm::HoldLoop() {
  if (awaited_++ == 0) calls_->Hold(Napi::Env(env_), true);
}

void Realm::Settle(std::uint32_t number, std::int32_t answer,
                   const Tape& tape) {
  // Once for each: an answer that was overdue may come after all.
  if (limits_.erase(number) != 0 && --awaited_ == 0) {
    calls_->Hold(Napi::Env(env_), false);
  }
  std::array<napi_value, 4> argv = {};
  napi_create_int32(env_, static_cast<std::int32_t>(JsOp::kSettle),
                    argv.data());
  napi_create_uint32(env_, number, &argv[1]);
  argv[2] = Deliver(tape);
  napi_create_int32(env_, answer, &argv[3]);
  Tell(argv.data(), argv.size());
}

void Realm::Tell(const napi_value* argv, std::size_t argc) {
  napi_value ignored = nullptr;
  Dispatch(argc, argv, &ignored);
}

Entry::Entry(Realm& realm)
    : realm_(realm), no_scope_(realm.call_scope, nullptr) {
  realm.EnterPython();
  realm.progress.EnterPython();
  if (realm.js_thread_->end_watch) {
    before_ = realm.js_thread_->end_watch->Enter(realm.python_);
  }
  const char* here = static_cast<char*>(__builtin_frame_address(0));
  const auto left = static_cast<std::size_t>(here - realm.stack_low_);
  const std::size_t usable = left > kStackReserve ? left - kStackReserve : 0;
  recursion_ =
      std::exchange(realm.python_->c_recursion_remaining,
                    static_cast<int>(std::min<std::size_t>(
                        usable / kBytesOfRecursion, Py_C_RECURSION_LIMIT)));
  realm.Drain();
}

Entry::~Entry() {
  realm_.python_->c_recursion_remaining = recursion_;
  realm_.progress.LeavePython();
  if (realm_.js_thread_->end_watch) {
    realm_.js_thread_->end_watch->Leave(before_);
  }
  realm_.service().ServePosted();
  if (realm_.interrupt_ && !realm_.progress.in_python()) {
    realm_.ForgetInterrupt();
  }
  PyEval_SaveThread();
}

}  // namespace inmem::bridge
