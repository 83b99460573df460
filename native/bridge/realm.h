// native/bridge/realm.h: one JavaScript environment's half of the bridge.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bridge/blocked_watch.h"
#include "bridge/call_scope.h"
#include "bridge/end_watch.h"
#include "bridge/handles.h"
#include "bridge/interpreter.h"
#include "bridge/js_thread.h"
#include "bridge/limit.h"
#include "bridge/protocol.h"
#include "bridge/python_memory.h"
#include "bridge/tape.h"
#include "cpython/owned.h"
#include "napi/js_calls.h"

namespace inmem::bridge {

// A JavaScript function that Python calls. From its second call on native calls
// it without `dispatch`, which stands in between for what is no scalar.
struct JsFunction {
  std::uint32_t index = 0;
  bool called = false;
  napi_ref reference = nullptr;
};

// Owned by its environment and by the JavaScript objects that Python holds.
//
// Threads: the environment's own is "JavaScript's thread" below. Python's
// threads use what says so.
class Realm : public std::enable_shared_from_this<Realm> {
 public:
  // `dispatch` does JsOps; `registers` is the Int32Array; `out_tags` and
  // `out_words` take tapes to JavaScript; `of_worker`: others may end it at any
  // time; `interpreter`: whose objects cross, the main one or one that no other
  // realm has. REQUIRES: JavaScript's thread. Null with a JS exception pending
  // where Node refuses.
  static std::shared_ptr<Realm> Open(napi_env env, napi_value dispatch,
                                     napi_value registers, napi_value out_tags,
                                     napi_value out_words, bool of_worker,
                                     std::shared_ptr<Interpreter> interpreter);
  ~Realm();
  Realm(const Realm&) = delete;
  Realm& operator=(const Realm&) = delete;

  napi_env env() const { return env_; }
  // Whose objects cross here.
  Interpreter& interpreter() { return *interpreter_; }
  Service& service() { return interpreter_->service(); }
  // No other realm of the process has the same.
  std::uint32_t id() const { return id_; }
  bool OnJsThread() const;
  // In a child of fork(), which has no JavaScript: calls are errors.
  void Leave() { closed_.store(true, std::memory_order_release); }
  // The process is ending: who waits for JavaScript's thread waits no more. Any
  // thread.
  void Refuse() { refusing_.store(true, std::memory_order_release); }

  bool closed() const { return closed_.load(std::memory_order_acquire); }
  std::int32_t& Reg(Register which) {
    return registers_[static_cast<std::size_t>(which)];
  }
  std::int32_t& ArgTraits(std::size_t i) {
    return registers_[static_cast<std::size_t>(Register::kArgTraits) + i];
  }
  void SetKind(Kind kind) {
    Reg(Register::kKind) = static_cast<std::int32_t>(kind);
  }
  Kind kind() { return static_cast<Kind>(Reg(Register::kKind)); }

  Handles& handles() { return handles_; }
  // JavaScript's thread.
  Exports& exports() { return *exports_; }

  // --- names of attributes ---------------------------------------------------
  // An interned str for a name that JavaScript uses again. GIL.
  std::uint32_t Intern(cpython::Owned name);
  PyObject* Name(std::uint32_t number) const;  // borrowed; null: none

  // --- tapes -----------------------------------------------------------------
  // Memory of the tape that JavaScript writes; it stays JavaScript's, which
  // keeps it alive. JavaScript's thread.
  void SetTape(std::uint32_t number, std::uint8_t* tags, std::size_t tag_count,
               double* words, std::size_t word_count);
  // Copies what JavaScript wrote; `extras` as lib/bridge/tape-writer.ts has it.
  // False: it is no tape of ours.
  bool Receive(napi_value extras, Tape* tape);
  // Hands a tape to JavaScript: sets kind, counts, gives the extras.
  napi_value Deliver(const Tape& tape);

  // --- JavaScript objects that Python holds ----------------------------------
  // The one proxy for the object, a new reference. GIL.
  cpython::Owned ProxyOf(std::uint32_t index, std::uint32_t traits);
  // The proxy has gone: JavaScript may let go. `function`: what refers to it,
  // or null. GIL, any thread.
  void ForgetProxy(std::uint32_t index, napi_ref function);
  // The JavaScript objects on the tape that nobody will read, but the first
  // `received`. GIL, any thread.
  void TakeBack(const Tape& tape, std::size_t received);
  // Numbers and how often each was sent, for JavaScript to release.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> TakeReleased();

  // --- Python objects that JavaScript has let go -----------------------------
  // Without the GIL; they go at the next Drain().
  void ReleaseLater(std::uint32_t index, std::uint32_t times);
  void Drain();  // GIL

  // Numbers that are on their way, to be read later: what JavaScript lets go of
  // meanwhile stays until EndTravel(). Any thread, without the GIL or with it;
  // EndTravel(0) does nothing.
  std::uint64_t BeginTravel();
  void EndTravel(std::uint64_t ticket);

  // --- asynchronous calls ----------------------------------------------------
  // The event loop lives until as many answers have come. JavaScript's thread.
  void HoldLoop();
  // Who may end the call of that number. JavaScript's thread; -1: no time.
  void AddLimit(std::uint32_t number, std::shared_ptr<Limit> limit,
                double milliseconds);
  std::shared_ptr<Limit> LimitOf(std::uint32_t number) const;
  void DropLimit(std::uint32_t number);
  // KeyboardInterrupt in all calls, those below on this thread too.
  void InterruptAll();
  // One call of `dispatch` from the event loop; its result is not looked at.
  void Tell(const napi_value* argv, std::size_t argc);
  void Settle(std::uint32_t number, std::int32_t answer, const Tape& tape);

  // --- calls into JavaScript -------------------------------------------------
  // Does one JsOp and gives its result; null with a Python exception. GIL, any
  // thread; other threads wait, without the GIL, until JavaScript's has time.
  cpython::Owned Call(JsOp op, std::uint32_t index, PyObject* const* args,
                      std::size_t count, PyObject* keywords);
  // JsOp::kCall, for a function that may be called often.
  cpython::Owned CallFunction(JsFunction& function, PyObject* const* args,
                              std::size_t count, PyObject* keywords);

  // Calls a function whose result nobody wants: at once on JavaScript's thread,
  // where its error is a Python exception; from others soon, in order, and
  // nobody waits. False: with a Python exception, or the environment is gone.
  // GIL.
  bool Notify(std::uint32_t index, PyObject* const* args, std::size_t count);
  // Makes the calls that were left for later. JavaScript's thread, without the
  // GIL.
  void ServeNotices();

  // Runs something on JavaScript's thread, soon. False: the environment is
  // gone.
  bool Post(napi::JsCalls::Call call) { return calls_->Post(std::move(call)); }
  napi::JsCalls& calls() { return *calls_; }

  // Of an interpreter of its own: the realm closes, and that ends; then `done`
  // is called. Where it cannot be begun, nothing has changed. JavaScript's
  // thread.
  Closing CloseOwn(std::function<void()> done);

 private:
  std::shared_ptr<JsThread> js_thread_ = JsThread::Here();

 public:
  // Of JavaScript's thread.
  ThreadProgress& progress = js_thread_->progress;
  // Of the innermost call of Python; null: it is no call. JavaScript's thread.
  CallScope* call_scope = nullptr;

 private:
  Realm() = default;
  void Close(bool alive);
  void EnterPython();
  void LeaveForGood();
  cpython::Owned CallHere(JsOp op, std::uint32_t index, PyObject* const* args,
                          std::size_t count, PyObject* keywords);
  cpython::Owned CallThere(JsOp op, std::uint32_t index, PyObject* const* args,
                           std::size_t count, PyObject* keywords);
  void ForgetInterrupt();  // the outermost call has ended: GIL
  bool Dispatch(std::size_t argc, const napi_value* argv, napi_value* result);
  void GiveBack(std::uint32_t index, std::uint32_t times, napi_ref function);
  bool Refer(JsFunction& function);
  cpython::Owned ResultOf(napi_value value);
  cpython::Owned ResultBy(JsOp op, napi_value value);
  bool PutResult(napi_value value, Tape* tape);
  struct Request;
  void Serve(Request& request);
  void Finish(Request& request);
  bool Wait(Request& request);
  bool NotifyLater(std::uint32_t index, PyObject* const* args,
                   std::size_t count);

  friend class Entry;

  struct Memory {
    std::uint8_t* tags = nullptr;
    std::size_t tag_count = 0;
    double* words = nullptr;
    std::size_t word_count = 0;
  };
  struct Proxy {
    PyObject* object = nullptr;  // borrowed: it tells when it goes
    std::uint32_t sent = 0;
  };

  napi_env env_ = nullptr;
  std::shared_ptr<Interpreter> interpreter_;
  std::uint32_t id_ = 0;
  pthread_t thread_ = {};
  std::atomic<bool> closed_{false};
  bool done_ = false;  // JavaScript's thread has let go of all
  std::atomic<bool> refusing_{false};
  napi_ref dispatch_ = nullptr;
  napi_ref kept_ = nullptr;  // the arrays below
  std::int32_t* registers_ = nullptr;
  Memory out_;
  std::vector<Memory> tapes_;
  std::shared_ptr<napi::JsCalls> calls_;
  Handles handles_;
  std::shared_ptr<Exports> exports_ = std::make_shared<Exports>();
  bool draining_ = false;  // GIL
  std::vector<PyObject*> names_;
  std::unordered_map<std::uint32_t, Proxy> proxies_;
  PyThreadState* python_ = nullptr;  // of JavaScript's thread; null: not yet
  char* stack_low_ = nullptr;        // of JavaScript's thread
  std::unordered_map<std::uint32_t, std::shared_ptr<Limit>> limits_;
  std::shared_ptr<Limit> interrupt_;  // of the calls below; null: none
  int awaited_ = 0;                   // asynchronous calls without an answer
  std::mutex mutex_;
  struct Release {
    std::uint32_t index = 0;
    std::uint32_t times = 0;
    std::uint64_t after = 0;  // tickets below it were given before
  };
  std::deque<Release> to_python_;
  std::set<std::uint64_t> travelling_;
  std::uint64_t next_ticket_ = 1;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> to_javascript_;
  std::vector<napi_ref> unused_;  // of functions; they go with to_javascript_
  std::deque<std::shared_ptr<Request>> notices_;
  std::size_t notice_bytes_ = 0;
};

// JavaScript's thread is in Python, with the GIL, while this lives. The
// allowance for recursion in C is set from the stack that is left: CPython 3.13
// counts as if all threads had that of a main thread.
class Entry {
 public:
  explicit Entry(Realm& realm);
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  Realm& realm_;
  Innermost no_scope_;
  PyThreadState* before_ = nullptr;  // whom the end watch knew
  int recursion_ = 0;
};

}  // namespace inmem::bridge
