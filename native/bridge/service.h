// native/bridge/service.h: Python's own threads for the bridge.
#pragma once

#include "cpython/python_setup.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace inmem::bridge {

class Interpreter;

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

  explicit Service(Interpreter& interpreter);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // The Python side: `spawn(name)` makes a thread that calls Serve(),
  // `start_loop(descriptor)` one that runs a loop, which calls ServeLoop() when
  // the descriptor can be read; `serve_posted()` is called on that. Makes the
  // first worker. False with a Python exception. GIL.
  bool Begin(PyObject* spawn, PyObject* start_loop, PyObject* serve_posted);

  // Any thread, with the GIL or without; never wait for it.
  void OnWorker(Work work);
  void OnLoop(Work work);

  // Bodies of the threads. GIL; Serve() returns after Close() alone.
  void Serve();
  void ServeLoop();

  // Python has something for the loop, which is to have it when this call of
  // JavaScript's has ended. GIL.
  void PostLater() { posted_ = true; }
  // A call has ended. GIL.
  void ServePosted() {
    if (posted_) PassOnPosted();
  }

  // The interpreter ends: its threads come back from Serve() when they have
  // nothing to do; nothing is begun any more. GIL.
  void Close();
  // They have: does what is left, and lets go of all. Work that comes later is
  // dropped. GIL.
  void Finish();

  // Where Python holds what the loop is to do next: it does not look for more
  // of ours while there is something. None: it always may. GIL.
  void SetLoopReady(PyObject* ready);

 private:
  bool Spawn();
  Work Next(bool* last);
  bool DoLoopQueue();
  bool LoopIsIdle() const;
  void StartLoop();
  void PassOnPosted();

  Interpreter& interpreter_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> queue_;
  std::vector<Work> loop_queue_;
  // How much each queue holds, for who looks without the mutex.
  std::atomic<std::size_t> queued_{0};
  std::atomic<std::size_t> loop_queued_{0};
  int threads_ = 0;
  int idle_ = 0;
  std::size_t looking_ = 0;  // idle, and awake still
  bool loop_looks_ = false;
  const int limit_;
  bool loop_begun_ = false;
  bool closed_ = false;
  bool finished_ = false;
  int descriptor_ = -1;  // an eventfd: the loop has work
  PyObject* spawn_ = nullptr;
  PyObject* start_loop_ = nullptr;
  PyObject* loop_ready_ = nullptr;
  PyObject* serve_posted_ = nullptr;
  bool posted_ = false;  // GIL
};

// Functions of `_inmem_bridge` for python/inmem/_bridge_async.py.
PyMethodDef* ServiceMethods();

}  // namespace inmem::bridge
