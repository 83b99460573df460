// native/interpreter/python_thread.cc: Python's main thread inside Node.
//
// States of the thread: waiting (no GIL, no job) -> in a job -> waiting. At the
// process's end yet another thread takes the GIL and keeps it for ever, so that
// no Python code runs while exit() takes the libraries down. Python is never
// finalized.
#include "cpython/python_setup.h"

#include "interpreter/python_thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/status.h"
#include "importer/inmem_module.h"
#include "importer/state.h"
#include "interpreter/bundles.h"
#include "interpreter/forked_interpreters.h"
#include "interpreter/inheritance.h"
#include "interpreter/job.h"
#include "interpreter/job_pipes.h"
#include "interpreter/python_config.h"
#include "interpreter/read_ahead.h"
#include "interpreter/run_job.h"
#include "interpreter/signals.h"
#include "interpreter/thread_setup.h"
#include "interpreter/verification.h"
#include "interpreter/wrap_stdio.h"

namespace inmem::interpreter {
namespace {

// As large as a main thread's usual limit, twice: deep recursion in C.
constexpr std::size_t kStackBytes = 16u << 20;

void RaiseInterrupt() {
  Py_AddPendingCall(
      [](void*) {
        PyErr_SetNone(PyExc_KeyboardInterrupt);
        return -1;
      },
      nullptr);
}

void RaiseChange() {
  Py_AddPendingCall(
      [](void*) {
        // Nothing is noted: the run that it ended is over.
        const Status change = NotedChange();
        if (change.ok()) return 0;
        importer::RaiseImportError(change, nullptr);
        return -1;
      },
      nullptr);
}

int ExitStatus(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::kExit ? outcome.exit_code : 1;
}

void SetError(const Status& status, Outcome* outcome) {
  outcome->kind = Outcome::Kind::kError;
  outcome->code = ErrorName(status.code());
  outcome->message = status.message();
}

[[noreturn]] void SleepForever() {
  for (;;) pause();
}

}  // namespace

struct PythonThread::Impl {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Job> next;
  bool busy = false;       // from Reserve() to PostEnd()
  bool in_python = false;  // code of the program runs: it may be interrupted
  int interrupt = 0;       // signal that came while it did not
  bool park = false;       // the process ends: no job begins any more
  bool parked = false;     // the GIL is taken for good
  bool python_runs = false;
  bool start_ended = false;  // well or not: `failure` tells
  bool has_thread = false;
  pid_t process = getpid();
  pthread_t thread = {};
  using Mounting = std::future<Result<std::vector<std::string>>>;
  Mounting mounting;  // the next job's bundles, while Python starts
  Status failure;     // why Python did not start
  // Only on Python's thread:
  PyThreadState* python = nullptr;  // null until Python has started
  bool own_cwd = false;
  Bundles bundles;  // that of `mounting` first

  void Main();
  bool MakeThread();
  void MountAhead(const Job& job);
  Status StartPython();
  Outcome Run(Job& job);
  Status Prepare(const Job& job, std::vector<std::string>* points);
  static void* TakeGilForEver(void* impl);
  void Gate(bool open);
  static void Deliver(int number);
};

PythonThread::PythonThread() : impl_(new Impl()) {}

PythonThread& PythonThread::Get() {
  static auto* thread = new PythonThread();
  return *thread;
}

void PythonThread::WarmUp(const std::string& bundle) {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->park || !impl_->MakeThread()) return;
  }
  if (!bundle.empty()) BeginReadAhead(bundle);
  // A failure is met again, and told, by the importer.
  (void)MountStdlib();
}

// REQUIRES: the mutex.
bool PythonThread::Impl::MakeThread() {
  if (has_thread) return true;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  auto main = [](void* impl) -> void* {
    static_cast<Impl*>(impl)->Main();
    return nullptr;
  };
  has_thread = pthread_create(&thread, &attributes, main, this) == 0;
  pthread_attr_destroy(&attributes);
  return has_thread;
}

// Reads the first job's bundles on a thread of its own: Python is still
// starting. REQUIRES: the mutex; no job before this one.
void PythonThread::Impl::MountAhead(const Job& job) {
  const Bundle& first = job.bundles.front();
  const bool is_large = first.bytes ? first.bytes->size() >= kLargeBundleBytes
                                    : IsLargeFile(first.path);
  // A signature takes milliseconds, whatever the size: OpenSSL has to begin.
  if (!is_large && !job.verification) return;
  auto mount = [this, paths = job.bundles, verification = job.verification] {
    return bundles.Mount(paths, verification);
  };
  try {
    mounting = std::async(std::launch::async, std::move(mount));
  } catch (const std::system_error&) {
    mounting = {};  // no thread to be had: Python's own does it in its turn
  }
}

Status PythonThread::WaitStarted() {
  std::unique_lock lock(impl_->mutex);
  if (impl_->park) return {ErrorCode::kInterpreter, "the process is ending"};
  if (!impl_->MakeThread()) {
    return {ErrorCode::kInterpreter, "no thread could be made for Python"};
  }
  impl_->changed.wait(lock, [this] { return impl_->start_ended; });
  return impl_->failure;
}

Status PythonThread::Reserve() {
  std::lock_guard lock(impl_->mutex);
  if (impl_->park) return {ErrorCode::kInterpreter, "the process is ending"};
  if (impl_->busy) {
    return {ErrorCode::kBusy,
            "another run() is going in this process (expected one at a time)"};
  }
  if (!impl_->MakeThread()) {
    return {ErrorCode::kInterpreter, "no thread could be made for Python"};
  }
  impl_->busy = true;
  impl_->interrupt = 0;
  return Status::Ok();
}

void PythonThread::CancelReservation() {
  std::lock_guard lock(impl_->mutex);
  impl_->busy = false;
}

Status PythonThread::Start(Job job) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->park) return {ErrorCode::kInterpreter, "the process is ending"};
  if (!impl_->python_runs) impl_->MountAhead(job);
  impl_->next = std::move(job);
  impl_->changed.notify_all();
  return Status::Ok();
}

void PythonThread::Impl::Main() {
  pthread_setname_np(pthread_self(), "python");
  OnChange([](const Status&) { Get().EndByChange(); });
  // The working directory of Python's threads is their own where the kernel
  // lets us (a seccomp filter may not): chdir() there leaves Node's alone.
  own_cwd = unshare(CLONE_FS) == 0;
  GrowThreadHeap();
  DivertSignals();
  InmemLeaveInterpretersBehind();
  LetChildrenHaveStdio();
  // Ahead of the job, which may still be in the making; a failure is told then.
  Status started = StartPython();
  {
    std::lock_guard lock(mutex);
    failure = std::move(started);
    start_ended = true;
  }
  changed.notify_all();
  for (;;) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return next.has_value() && !park; });
    Job job = std::move(*next);
    next.reset();
    lock.unlock();
    std::shared_ptr<JobHost> host = job.host;
    CurrentPipes().Open(host);
    BeginSignals(job.signals);
    BlockOnNodesStdio();
    Outcome outcome = Run(job);
    // The program forked, and this is the child: no Node is here to go back to.
    if (getpid() != process) _exit(ExitStatus(outcome));
    EndSignals();
    CurrentPipes().Close();
    lock.lock();
    busy = false;
    lock.unlock();
    host->PostEnd(std::move(outcome));
  }
}

Outcome PythonThread::Impl::Run(Job& job) {
  std::vector<std::string> points;
  (void)TakeNotedChange();  // of a thread that an earlier run left behind
  Status prepared = Prepare(job, &points);
  Outcome outcome;
  if (!prepared.ok()) {
    SetError(prepared, &outcome);
    return outcome;
  }
  PyEval_RestoreThread(python);
  std::vector<std::string> keep;
  outcome = RunJob(job, points, [this](bool open) { Gate(open); }, &keep);
  PyEval_SaveThread();
  bundles.Keep(keep);
  // However the program took it, and whatever it did then.
  Status change = TakeNotedChange();
  if (!change.ok()) SetError(change, &outcome);
  return outcome;
}

Status PythonThread::Impl::Prepare(const Job& job,
                                   std::vector<std::string>* points) {
  Mounting ahead = std::move(mounting);
  // One that nobody has asked for may be gone: then Python stays where it is.
  if ((own_cwd || job.cwd_given) && !job.cwd.empty() &&
      chdir(job.cwd.c_str()) != 0 && job.cwd_given) {
    return {ErrorCode::kNotFound,
            job.cwd +
                ": cannot be made the working directory (expected a "
                "folder that may be entered)"};
  }
  if (!failure.ok()) return failure;
  auto mounted = ahead.valid() ? ahead.get()
                               : bundles.Mount(job.bundles, job.verification);
  if (!mounted.ok()) return mounted.status();
  *points = mounted.Take();
  return Status::Ok();
}

// Of Node's own children, too: process.env is the C library's environment.
void ShareCopies() {
  constexpr const char* kVariable = "INMEM_SHARED";
  const char* text = std::getenv(kVariable);
  const std::string inherited = text != nullptr ? text : "";
  SetSharedCopies(inherited);
  importer::State::Get().loader().ShareCopies(
      inherited, [](const std::string& value) {
        CurrentPipes().SetVariable(kVariable, value);
        SetSharedCopies(value);
      });
}

Status PythonThread::Impl::StartPython() {
  Status started = PrepareImports();
  ShareCopies();
  if (started.ok()) started = StartEmbedded(LauncherPath());
  if (!started.ok()) return started;
  python = PyEval_SaveThread();
  std::lock_guard lock(mutex);
  python_runs = true;
  return Status::Ok();
}

// An interrupt that came while the gate was closed is given when it opens; one
// that came after the program's end is forgotten with its job.
void PythonThread::Impl::Gate(bool open) {
  std::lock_guard lock(mutex);
  in_python = open;
  OpenSignalGate(open);
  if (open && interrupt != 0) Deliver(std::exchange(interrupt, 0));
}

// CPython's own handler only sets flags: safe on any thread, without the GIL.
void PythonThread::Impl::Deliver(int number) {
  if (!DeliverSignal(number) && !DeliverSignal(SIGINT)) RaiseInterrupt();
}

void PythonThread::Interrupt(int number) {
  {
    std::lock_guard lock(impl_->mutex);
    if (!impl_->busy) return;
    if (!impl_->in_python) {
      impl_->interrupt = number;
      return;
    }
    impl_->Deliver(number);
  }
  Wake();
}

void PythonThread::InterruptHard() {
  {
    std::lock_guard lock(impl_->mutex);
    if (!impl_->in_python) return;
    RaiseInterrupt();
  }
  Wake();
}

void PythonThread::EndByChange() {
  {
    std::lock_guard lock(impl_->mutex);
    if (!impl_->in_python) return;  // the run's outcome will tell
    RaiseChange();
  }
  Wake();
}

void PythonThread::Wake() {
  CurrentPipes().Interrupt();
  std::lock_guard lock(impl_->mutex);
  if (impl_->has_thread && WakeSignal() != 0) {
    pthread_kill(impl_->thread, WakeSignal());
  }
}

// A thread of its own: Python's main thread may sit in a system call, without
// the GIL, and come back to Python only when that ends.
void* PythonThread::Impl::TakeGilForEver(void* argument) {
  auto* impl = static_cast<Impl*>(argument);
  PyGILState_Ensure();
  FlushOutput();
  {
    std::lock_guard lock(impl->mutex);
    impl->parked = true;
  }
  impl->changed.notify_all();
  SleepForever();
}

void PythonThread::Park(std::chrono::milliseconds limit) {
  std::unique_lock lock(impl_->mutex);
  impl_->park = true;
  bool forked = getpid() != impl_->process;
  if (!impl_->python_runs || impl_->parked || forked) return;
  CurrentPipes().Close();
  pthread_t taker = {};
  if (pthread_create(&taker, nullptr, Impl::TakeGilForEver, impl_) != 0) return;
  pthread_detach(taker);
  impl_->changed.wait_for(lock, limit, [this] { return impl_->parked; });
}

}  // namespace inmem::interpreter
