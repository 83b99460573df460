// native/bridge/request.h: a call into JavaScript that another thread has asked
// for.
#pragma once

#include "cpython/python_setup.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "bridge/realm.h"
#include "bridge/tape.h"

namespace inmem::bridge {

// Owned by who waits for it, if anybody does, and by the call that is posted.
struct Realm::Request {
  JsOp op = JsOp::kCall;
  std::uint32_t index = 0;
  std::uint32_t call = 0;  // the asynchronous call that it is made for
  Tape tape;               // arguments, then the result
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  bool given_up = false;   // nobody waits for it any more
  bool served = false;     // false with done: the environment is gone
  bool no_memory = false;  // or there was none for the result
  std::uint64_t ticket = 0;
  std::size_t size = 0;      // of a notice
  Kind kind = Kind::kValue;  // of the result: kTape, kError, kThrown
};

// Arguments and keyword arguments, for the tape of a call. False with a Python
// exception. GIL.
bool PutArguments(Realm& realm, PyObject* const* args, std::size_t count,
                  PyObject* keywords, Tape* tape);

}  // namespace inmem::bridge
