// native/bridge/call_scope.h: handles of the calls into JavaScript that one
// call of Python makes.
#pragma once

#include "napi/napi_setup.h"

#include <utility>

namespace inmem::bridge {

// A scope of Node-API's for each call would cost an allocation, none would keep
// all their handles: one for many.
class CallScope {
 public:
  explicit CallScope(napi_env env) : env_(env) {}
  ~CallScope() { Close(); }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  // What was made since the last ones may go.
  void Next() {
    if (scope_ != nullptr && ++calls_ < kCalls) return;
    Close();
    napi_open_handle_scope(env_, &scope_);
  }

 private:
  static constexpr int kCalls = 64;

  void Close() {
    if (scope_ != nullptr) napi_close_handle_scope(env_, scope_);
    scope_ = nullptr;
    calls_ = 0;
  }

  napi_env env_;
  napi_handle_scope scope_ = nullptr;
  int calls_ = 0;
};

// `now` is the innermost while this lives, null: none; then it is again what it
// was. Node-API's scopes end in the order opposite to their beginning: so where
// another kind of scope is opened, or JavaScript called Python, the scope
// around must not move on.
class Innermost {
 public:
  Innermost(CallScope*& place, CallScope* now)
      : place_(place), before_(std::exchange(place, now)) {}
  ~Innermost() { place_ = before_; }
  Innermost(const Innermost&) = delete;
  Innermost& operator=(const Innermost&) = delete;

 private:
  CallScope*& place_;
  CallScope* before_;
};

}  // namespace inmem::bridge
