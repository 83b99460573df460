// native/interpreter/signals.cc: signals stay Node's; Python sees its own.
#include "cpython/python_setup.h"

#include "interpreter/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <optional>

#include "importer/state.h"
#include "interpreter/fork_handlers.h"
#include "interpreter/job_pipes.h"
#include "interpreter/signal_claims.h"
#include "interpreter/signal_table.h"
#include "interpreter/wait_children.h"

extern "C" {
sighandler_t __real_signal(int number, sighandler_t handler);
int __real_raise(int number);
int __wrap_sigaction(int number, const struct sigaction* action,
                     struct sigaction* old);
sighandler_t __wrap_signal(int number, sighandler_t handler);
int __real_kill(pid_t pid, int number);
}

namespace inmem::interpreter {

SignalTable& SignalTable::Get() {
  static auto* table = new SignalTable();
  return *table;
}

bool SignalTable::diverts() const { return process_ == getpid(); }

void SignalTable::Divert() { process_ = getpid(); }

SignalLock::SignalLock() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
  SignalTable::Get().mutex_.lock();
}

SignalLock::~SignalLock() {
  SignalTable::Get().mutex_.unlock();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

namespace {

bool Diverted() { return SignalTable::Get().diverts(); }

// SIGCHLD tells all who wait for children of theirs. The handlers of libuv and
// its like look at their own children alone, and see the signal beside Node's.
// Not so Python's: it is free to reap any child, and never sees it.
bool MayBeShared(int number) { return number == SIGCHLD; }

// Is the kernel's handler of `number` still the default, or ours to change?
bool Unclaimed(int number, const struct sigaction& ours) {
  struct sigaction now = {};
  if (__real_sigaction(number, nullptr, &now) != 0) return false;
  return now.sa_handler == SIG_DFL || now.sa_handler == ours.sa_handler;
}

// Node takes the signal over when it has children of its own: from then on it
// is delivered by JavaScript.
void Share(int number, const struct sigaction& action,
           const struct sigaction& before) {
  if (Unclaimed(number, before)) __real_sigaction(number, &action, nullptr);
  if (IsFunction(action.sa_handler)) CurrentPipes().WantSignal(number);
}

enum class Owner { kPython, kBundle };

int Divert(int number, const struct sigaction* action, struct sigaction* old,
           Owner owner) {
  if (number < 1 || number >= kSignals ||
      (action != nullptr && (number == SIGKILL || number == SIGSTOP))) {
    errno = EINVAL;
    return -1;
  }
  SignalLock lock;
  SignalEntry& entry = SignalTable::Get().At(number);
  struct sigaction before = entry.action;
  if (action != nullptr) {
    entry.action = *action;
    entry.handler = action->sa_handler;
    entry.of_bundle = owner == Owner::kBundle;
    if (!MayBeShared(number)) {
      UpdateClaim(number, entry);
    } else if (entry.of_bundle) {
      Share(number, *action, before);
    }
  }
  if (old != nullptr) *old = before;
  return 0;
}

sighandler_t DivertSignal(int number, sighandler_t handler, Owner owner) {
  struct sigaction action = {};
  struct sigaction old = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  if (Divert(number, &action, &old, owner) != 0) return SIG_ERR;
  return old.sa_handler;
}

// What C code of a bundle calls instead of sigaction and signal.
int BundleSigaction(int number, const struct sigaction* action,
                    struct sigaction* old) {
  if (!Diverted()) return __real_sigaction(number, action, old);
  return Divert(number, action, old, Owner::kBundle);
}

sighandler_t BundleSignal(int number, sighandler_t handler) {
  if (!Diverted()) return __real_signal(number, handler);
  return DivertSignal(number, handler, Owner::kBundle);
}

void Nothing(int) {}

// Of the fork that this thread is in: no other thread holds the lock then, and
// what is sent to the child waits until its dispositions are its own.
thread_local std::optional<SignalLock> forking;

void BeforeFork() { forking.emplace(); }

void AfterFork() { forking.reset(); }

// A forked child has no Node: a handler of Node's would write into the pipe
// that it shares with its parent, whose JavaScript would then hear of a signal
// that was sent to the child. So its dispositions are those that Python thinks
// it has.
void OnForkedChild() {
  const bool is_pythons = PyGILState_GetThisThreadState() != nullptr;
  for (int number = 1; is_pythons && number < SIGSYS; ++number) {
    if (number == SIGKILL || number == SIGSTOP) continue;
    __real_sigaction(number, &SignalTable::Get().At(number).action, nullptr);
  }
  AfterFork();
}

}  // namespace

void DivertSignals() {
  SignalTable& table = SignalTable::Get();
  for (int number = 1; number < SIGSYS; ++number) {
    struct sigaction now = {};
    if (__real_sigaction(number, nullptr, &now) != 0) continue;
    // A handler of Node's is no business of Python's: to it the signal is at
    // its default. "Ignored" is inherited by children, so that shows.
    if (now.sa_handler == SIG_IGN) {
      table.At(number).action = now;
      table.At(number).handler = SIG_IGN;
    }
  }
  table.Divert();
  // What a bundle's C code sets goes to the table, too.
  loader::Loader& loader = importer::State::Get().loader();
  loader.Redirect("sigaction", reinterpret_cast<void*>(&BundleSigaction));
  loader.Redirect("signal", reinterpret_cast<void*>(&BundleSignal));
  RedirectWaits(loader);
  RedirectForkHandlers(loader);
  pthread_atfork(BeforeFork, AfterFork, OnForkedChild);
}

bool DeliverSignal(int number) {
  if (number < 1 || number >= kSignals || !Diverted()) return false;
  sighandler_t handler = SignalTable::Get().HandlerOf(number);
  if (!IsFunction(handler)) return false;
  siginfo_t info = {};
  info.si_signo = number;
  info.si_code = SI_USER;
  info.si_pid = getpid();
  info.si_uid = getuid();
  CallHandler(handler, number, &info, nullptr);
  return true;
}

bool DeliverShared(int number) {
  if (number < 1 || number >= kSignals || !MayBeShared(number)) return false;
  if (!SignalTable::Get().At(number).of_bundle) return false;
  return DeliverSignal(number);
}

int WakeSignal() {
  static const int chosen = [] {
    for (int number = SIGRTMAX - 2; number > SIGRTMIN; --number) {
      struct sigaction now = {};
      if (__real_sigaction(number, nullptr, &now) != 0 ||
          now.sa_handler != SIG_DFL) {
        continue;
      }
      struct sigaction wake = {};
      wake.sa_handler = Nothing;  // and no SA_RESTART: that is the point
      if (__real_sigaction(number, &wake, nullptr) == 0) return number;
    }
    return 0;
  }();
  return chosen;
}

}  // namespace inmem::interpreter

extern "C" {

int __wrap_sigaction(int number, const struct sigaction* action,
                     struct sigaction* old) {
  if (!inmem::interpreter::Diverted())
    return __real_sigaction(number, action, old);
  return inmem::interpreter::Divert(number, action, old,
                                    inmem::interpreter::Owner::kPython);
}

sighandler_t __wrap_signal(int number, sighandler_t handler) {
  if (!inmem::interpreter::Diverted()) return __real_signal(number, handler);
  return inmem::interpreter::DivertSignal(number, handler,
                                          inmem::interpreter::Owner::kPython);
}

int __wrap_raise(int number) {
  if (inmem::interpreter::DeliverSignal(number)) return 0;
  return __real_raise(number);
}

int __wrap_kill(pid_t pid, int number) {
  if (pid == getpid() && inmem::interpreter::DeliverSignal(number)) return 0;
  return __real_kill(pid, number);
}

}  // extern "C"
