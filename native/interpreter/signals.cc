// native/interpreter/signals.cc: signals stay Node's; Python sees its own.
#include "interpreter/signals.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "importer/state.h"
#include "interpreter/job_pipes.h"

extern "C" {
int __real_sigaction(int number, const struct sigaction* action,
                     struct sigaction* old);
sighandler_t __real_signal(int number, sighandler_t handler);
int __real_raise(int number);
int __wrap_sigaction(int number, const struct sigaction* action,
                     struct sigaction* old);
sighandler_t __wrap_signal(int number, sighandler_t handler);
int __real_kill(pid_t pid, int number);
}

namespace inmem::interpreter {
namespace {

constexpr int kCount = 65;  // Linux signals are 1..64

struct Table {
  std::mutex mutex;
  std::array<struct sigaction, kCount> actions = {};
  std::array<bool, kCount> of_bundle = {};  // who set it: C code of a bundle
  std::atomic<pid_t> process = 0;  // where handlers are diverted; 0: nowhere
};

Table& Actions() {
  static auto* table = new Table();
  return *table;
}

// Not in a forked child: what it is about to exec must get the kernel's own
// dispositions, and after vfork the table is its parent's memory.
bool Diverted() { return Actions().process == getpid(); }

bool IsFunction(sighandler_t handler) {
  return handler != SIG_DFL && handler != SIG_IGN && handler != SIG_ERR;
}

// Timers and SIGUSR2 mean nothing to Node: Python may have them for real as
// long as nobody in the process has claimed them.
bool MayBeReal(int number) {
  return number == SIGALRM || number == SIGVTALRM || number == SIGUSR2;
}

// Is the kernel's handler of `number` still the default, or ours to change?
bool Unclaimed(int number, const struct sigaction& ours) {
  struct sigaction now = {};
  if (__real_sigaction(number, nullptr, &now) != 0) return false;
  return now.sa_handler == SIG_DFL || now.sa_handler == ours.sa_handler;
}

// SIGCHLD tells all who wait for children of theirs. The handlers of libuv and
// its like look at their own children alone, and see the signal beside Node's.
// Not so Python's: it is free to reap any child, and never sees it.
bool MayBeShared(int number) { return number == SIGCHLD; }

enum class Owner { kPython, kBundle };

int Divert(int number, const struct sigaction* action, struct sigaction* old,
           Owner owner) {
  if (number < 1 || number >= kCount ||
      (action != nullptr && (number == SIGKILL || number == SIGSTOP))) {
    errno = EINVAL;
    return -1;
  }
  Table& table = Actions();
  std::lock_guard lock(table.mutex);
  struct sigaction& ours = table.actions[static_cast<std::size_t>(number)];
  struct sigaction before = ours;
  if (action != nullptr) {
    const bool of_bundle = owner == Owner::kBundle;
    const bool shared = of_bundle && MayBeShared(number);
    if ((MayBeReal(number) || shared) && Unclaimed(number, ours)) {
      __real_sigaction(number, action, nullptr);
    }
    ours = *action;
    table.of_bundle[static_cast<std::size_t>(number)] = of_bundle;
    // Node takes the signal over when it has children of its own: from then on
    // it is delivered by JavaScript.
    if (shared && IsFunction(action->sa_handler)) {
      CurrentPipes().WantSignal(number);
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

}  // namespace

void DivertSignals() {
  Table& table = Actions();
  for (int number = 1; number < SIGSYS; ++number) {
    struct sigaction now = {};
    if (__real_sigaction(number, nullptr, &now) != 0) continue;
    // A handler of Node's is no business of Python's: to it the signal is at
    // its default. "Ignored" is inherited by children, so that shows.
    if (now.sa_handler == SIG_IGN) {
      table.actions[static_cast<std::size_t>(number)] = now;
    }
  }
  table.process = getpid();
  // What a bundle's C code sets goes to the table, too.
  loader::Loader& loader = importer::State::Get().loader();
  loader.Redirect("sigaction", reinterpret_cast<void*>(&BundleSigaction));
  loader.Redirect("signal", reinterpret_cast<void*>(&BundleSignal));
}

bool DeliverSignal(int number) {
  if (number < 1 || number >= kCount || !Diverted()) return false;
  sighandler_t handler =
      Actions().actions[static_cast<std::size_t>(number)].sa_handler;
  if (!IsFunction(handler)) return false;
  handler(number);
  return true;
}

bool DeliverShared(int number) {
  if (number < 1 || number >= kCount || !MayBeShared(number)) return false;
  if (!Actions().of_bundle[static_cast<std::size_t>(number)]) return false;
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
