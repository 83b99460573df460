// native/bridge/service.h: Python's own threads for the bridge.
#pragma once

#include "cpython/python_setup.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace inmem::bridge {

// Threads that work for JavaScript, so that its own never waits for the GIL:
// workers, as many as are wanted at once up to a limit (an idle one stays), and
// the one that asyncio's loop runs on, from its first use.
// All are daemon threads of `threading`, as a program's own would be:
// debuggers, profilers and threading.local know them.
class Service {
 public:
  // Runs with the GIL and no Python exception; leaves none. It is destroyed
  // with the GIL as well.
  using Work = std::function<void()>;

  static Service& Get();

  // The Python side: `spawn(name)` makes a thread that calls Serve(),
  // `start_loop(descriptor)` one that runs a loop, which calls ServeLoop() when
  // the descriptor can be read. Makes the first worker. False with a Python
  // exception. GIL.
  bool Begin(PyObject* spawn, PyObject* start_loop);

  // Any thread, with the GIL or without; never wait for it.
  void OnWorker(Work work);
  void OnLoop(Work work);

  // Bodies of the threads. GIL; Serve() returns never.
  void Serve();
  void ServeLoop();

 private:
  Service();
  bool Spawn();
  void StartLoop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> queue_;
  std::vector<Work> loop_queue_;
  int threads_ = 0;
  int idle_ = 0;
  const int limit_;
  bool loop_begun_ = false;
  int descriptor_ = -1;  // an eventfd: the loop has work
  PyObject* spawn_ = nullptr;
  PyObject* start_loop_ = nullptr;
};

}  // namespace inmem::bridge
