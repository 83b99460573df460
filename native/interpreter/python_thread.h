// native/interpreter/python_thread.h: Python's main thread inside Node.
#pragma once

#include <chrono>
#include <string>

#include "base/status.h"
#include "interpreter/job.h"

namespace inmem::interpreter {

// The one thread that starts Python and runs jobs, one after another. It is
// made by the first Start() and never joined: it may be anywhere in C code when
// the process ends.
// Threads: members are called on JavaScript threads and never block, except
// Park().
class PythonThread {
 public:
  static PythonThread& Get();

  // Starts Python ahead of the first job, beside what the caller still has to
  // do, and reads the index of `bundle` (a path; "" for none) if it is large.
  // Failures show with the job.
  void WarmUp(const std::string& bundle);

  // Waits until Python has started, which it begins if nobody has. Not on
  // JavaScript's thread. Errors: why it did not start; kInterpreter (the
  // process is ending, or no thread could be made).
  Status WaitStarted();

  // Takes the turn of the next job, which Start() begins; until then nobody
  // else gets one. CancelReservation() gives it back.
  // Errors: kBusy (a job is going), kInterpreter (the process is ending, or no
  // thread could be made).
  Status Reserve();
  void CancelReservation();

  // Begins the job whose turn was reserved; its host hears PostEnd exactly
  // once. Errors: kInterpreter (the process is ending): then the host hears
  // nothing.
  Status Start(Job job);

  // Gives the running program a signal: to its own handler of `number` where it
  // has one, else to that of SIGINT (KeyboardInterrupt). Nothing without a job.
  void Interrupt(int number);

  // Raises KeyboardInterrupt past the program's handlers.
  void InterruptHard();

  // A content of the bundle is not as signed: raises that on Python's main
  // thread, whatever the program does there.
  void EndByChange();

  // Ends a blocking system call of the program with EINTR, and its waits for
  // JavaScript, so that it sees an interrupt that came just before they began.
  void Wake();

  // The process ends: flushes Python's output and stops its threads by keeping
  // the GIL for ever. Waits for that no longer than `limit`.
  void Park(std::chrono::milliseconds limit);

  PythonThread(const PythonThread&) = delete;
  PythonThread& operator=(const PythonThread&) = delete;

 private:
  PythonThread();
  ~PythonThread() = delete;
  struct Impl;
  Impl* impl_;
};

// Absolute path of the launcher: it lies beside the addon, wherever that is.
std::string LauncherPath();

}  // namespace inmem::interpreter
