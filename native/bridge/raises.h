// native/bridge/raises.h: exceptions of limits that wait for the GIL to be
// raised.
#pragma once

#include "cpython/python_setup.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "bridge/limit.h"

namespace inmem::bridge {

class Interpreter;

// The interrupter's thread raises them. Before it does whoever has the GIL and
// asks whether a signal came: C code that computes without ever giving the GIL
// away, as a regular expression does.
class Raises {
 public:
  static Raises& Get();

  // Any thread.
  void Add(const std::shared_ptr<Limit>& limit);
  // Those of the calling thread's interpreter. True with an exception, which
  // was meant for this thread. GIL.
  bool RaiseHere();

 private:
  Raises();
  void LeaveInChild();
  bool RaiseAll(const Interpreter& interpreter);
  std::shared_ptr<Limit> Next(const Interpreter& interpreter);

  std::mutex mutex_;
  std::vector<std::shared_ptr<Limit>> limits_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace inmem::bridge
