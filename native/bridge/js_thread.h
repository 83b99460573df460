// native/bridge/js_thread.h: a thread of JavaScript's, as all its realms share
// it.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include <unistd.h>

#include <memory>

#include "bridge/blocked_watch.h"
#include "bridge/end_watch.h"

namespace inmem::bridge {

// An environment may have several realms: of interpreters of their own, or of
// two copies of the package. Its thread is in Python whichever it is in. The
// thread's alone, but for `progress`.
struct JsThread {
  // Of the calling thread, as long as any realm has it.
  static std::shared_ptr<JsThread> Here();
  // The same; null: the calling thread is none of JavaScript's.
  static std::shared_ptr<JsThread> Find();

  ThreadProgress progress{gettid()};
  std::shared_ptr<EndWatch> end_watch;  // null: nobody else can end it
  int realms = 0;                       // open ones
  // In the main interpreter, and how many realms use it; null: not yet.
  PyThreadState* shared = nullptr;
  int sharing = 0;
};

}  // namespace inmem::bridge
