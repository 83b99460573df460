// native/bridge/notices.cc: calls into JavaScript whose result nobody wants:
// output, hooks.
#include "cpython/python_setup.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "bridge/call_scope.h"
#include "bridge/protocol.h"
#include "bridge/realm.h"
#include "bridge/request.h"
#include "cpython/gil.h"
#include "cpython/owned.h"

namespace inmem::bridge {

namespace {

// As many bytes may wait for JavaScript's thread; who has more waits for it.
constexpr std::size_t kMostOfNotices = std::size_t{64} << 20;

}  // namespace

bool Realm::Notify(std::uint32_t index, PyObject* const* args,
                   std::size_t count) {
  if (closed() || refusing_.load(std::memory_order_acquire)) return false;
  if (!OnJsThread()) {
    std::size_t waiting = 0;
    {
      std::lock_guard lock(mutex_);
      waiting = notice_bytes_;
    }
    if (waiting < kMostOfNotices) return NotifyLater(index, args, count);
  } else {
    const Innermost none(call_scope, nullptr);
    cpython::GilRelease release;
    ServeNotices();
  }
  return static_cast<bool>(Call(JsOp::kCall, index, args, count, nullptr));
}

bool Realm::NotifyLater(std::uint32_t index, PyObject* const* args,
                        std::size_t count) {
  auto request = std::make_shared<Request>();
  request->op = JsOp::kNotify;
  request->index = index;
  if (!PutArguments(*this, args, count, nullptr, &request->tape)) return false;
  request->ticket = BeginTravel();
  for (std::size_t i = 0; i < count; ++i) {
    if (PyBytes_CheckExact(args[i])) {
      request->size += static_cast<std::size_t>(PyBytes_GET_SIZE(args[i]));
    }
  }
  bool told = false;
  {
    std::lock_guard lock(mutex_);
    told = !notices_.empty();
    notice_bytes_ += request->size;
    notices_.push_back(std::move(request));
  }
  return told ||
         Post([self = shared_from_this()](Napi::Env) { self->ServeNotices(); });
}

void Realm::ServeNotices() {
  for (;;) {
    std::shared_ptr<Request> request;
    {
      std::lock_guard lock(mutex_);
      if (notices_.empty()) return;
      request = std::move(notices_.front());
      notices_.pop_front();
      notice_bytes_ -= request->size;
    }
    Serve(*request);
    EndTravel(request->ticket);
  }
}

}  // namespace inmem::bridge
