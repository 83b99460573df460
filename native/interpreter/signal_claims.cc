// native/interpreter/signal_claims.cc: signals that the kernel hands to Python.
//
// OnSignal and what it calls run in a signal handler: atomics only, no lock, no
// memory.
#include "interpreter/signal_claims.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "interpreter/signal_table.h"

namespace inmem::interpreter {
namespace {

struct Claim {
  bool held = false;
  sighandler_t installed = SIG_DFL;  // ours, while it is held
  struct sigaction before = {};      // Node's
  // Of `before`, for OnSignal.
  std::atomic<sighandler_t> node_handler = SIG_DFL;
  // Other threads pass it on to Python's.
  std::atomic<bool> passed_on = false;
};

struct Claims {
  std::array<Claim, kSignals> all;
  SignalPolicy policy;
  bool serving = false;  // the program's code has begun
  std::atomic<int> held = 0;
  pthread_t thread = {};  // Python's main
  // Threads that are just passing one on.
  std::atomic<int> passing = 0;
  std::atomic<bool> open = false;
  // Came while the gate was closed. Bit N-1: signal N.
  std::atomic<std::uint64_t> kept = 0;
  std::atomic<std::uint64_t> seen = 0;
};

Claims& State() {
  static auto* claims = new Claims();
  return *claims;
}

Claim& At(int number) { return State().all[static_cast<std::size_t>(number)]; }

std::uint64_t Bit(int number) {
  return std::uint64_t{1} << static_cast<unsigned>(number - 1);
}

bool IsRelayed(int number) {
  return number == SIGINT || number == SIGTERM || number == SIGHUP;
}

bool IsHanded(int number) { return IsRelayed(number) || number == SIGUSR2; }

void OnSignal(int number, siginfo_t* info, void* context);

// Node's handlers of SIGINT and SIGTERM, as long as no JavaScript listens, put
// the terminal right and end the process: its default.
bool IsNodesDefault(const struct sigaction& action) {
  const auto flags = static_cast<unsigned>(action.sa_flags);
  return !IsFunction(action.sa_handler) || (flags & SA_RESETHAND) != 0;
}

void NoteBefore(Claim& claim, const struct sigaction& before) {
  claim.before = before;
  claim.node_handler = IsNodesDefault(before) ? SIG_DFL : before.sa_handler;
}

// Whether the kernel is to call us for a signal. docs/signals.md.
bool Wanted(int number, const SignalEntry& entry) {
  const Claims& claims = State();
  const sighandler_t handler = entry.handler;
  const auto flags = static_cast<unsigned>(entry.action.sa_flags);
  if (claims.policy.python && IsHanded(number)) return true;
  if (!claims.serving || !IsFunction(handler)) return false;
  // A handler in Python runs after the faulting code has been returned to,
  // which faults again. faulthandler's and those of C code are called at once;
  // theirs alone carry SA_NODEFER.
  if (IsFault(number)) return entry.of_bundle || (flags & SA_NODEFER) != 0;
  switch (number) {
    case SIGTRAP:  // of debuggers, and seccomp's: faults, too
    case SIGSYS:
    case SIGPIPE:  // ignored by Node: every closed connection of its would tell
    case SIGCHLD:
      return false;
    case SIGPROF:  // V8's profiler sends it a thousand times a second
      return At(number).held || IsNodesDefault([number] {
               struct sigaction now = {};
               __real_sigaction(number, nullptr, &now);
               return now;
             }());
    default:
      return !(claims.policy.relayed && IsRelayed(number));
  }
}

void Install(int number, const SignalEntry& entry) {
  Claim& claim = At(number);
  struct sigaction now = {};
  if (__real_sigaction(number, nullptr, &now) != 0) return;
  if (!claim.held || now.sa_handler != claim.installed) NoteBefore(claim, now);
  struct sigaction ours = {};
  // Inherited by children, and so the kernel's to know.
  const bool ignored = entry.handler == SIG_IGN;
  if (ignored) {
    ours.sa_handler = SIG_IGN;
  } else {
    ours.sa_sigaction = IsFault(number) ? OnFault : OnSignal;
    ours.sa_mask = entry.action.sa_mask;
    ours.sa_flags =
        SA_SIGINFO | SA_ONSTACK | (entry.action.sa_flags & SA_RESTART);
  }
  // Before it can come: it would not reach Python.
  claim.passed_on = true;
  if (__real_sigaction(number, &ours, nullptr) != 0) return;
  claim.installed = ours.sa_handler;
  if (!claim.held) ++State().held;
  claim.held = true;
}

// Sent to this thread by a thread of this process: by PassOn, or by C code of
// the program.
bool IsDirected(const siginfo_t& info) {
  return info.si_code == SI_TKILL && info.si_pid == getpid();
}

// Mode `python` keeps some from Node.
bool TellsNode(int number) {
  return !(State().policy.python && IsHanded(number)) &&
         IsFunction(At(number).node_handler);
}

void SendToProcess(int number) { ::syscall(SYS_kill, ::getpid(), number); }

// From whichever thread the kernel chose to Python's, whose blocking call ends.
// False where the claim has ended meanwhile.
bool PassOn(int number) {
  Claims& claims = State();
  ++claims.passing;
  const bool passed_on = At(number).passed_on;
  if (passed_on) pthread_kill(claims.thread, number);
  --claims.passing;
  return passed_on;
}

// No more is passed on, and what was is taken from where it waits for this
// thread: Node's handler, which comes back, would be told of it again. True:
// there was one.
bool TakePassedOn(int number) {
  Claims& claims = State();
  At(number).passed_on = false;
  while (claims.passing > 0) sched_yield();
  if (pthread_equal(pthread_self(), claims.thread) == 0) return false;
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  const timespec at_once = {};
  siginfo_t info = {};
  bool taken = false;
  bool others = false;
  while (sigtimedwait(&only, &info, &at_once) > 0) {
    (IsDirected(info) ? taken : others) = true;
  }
  if (others) SendToProcess(number);
  return taken;
}

// REQUIRES: SignalLock, and so no signal reaches this thread.
void GiveBack(int number) {
  Claim& claim = At(number);
  if (!claim.held) return;
  const bool waits = !IsFault(number) && TakePassedOn(number);
  struct sigaction now = {};
  __real_sigaction(number, nullptr, &now);
  if (now.sa_handler == claim.installed) {
    __real_sigaction(number, &claim.before, nullptr);
  }
  claim.held = false;
  --State().held;
  if (waits && !TellsNode(number)) SendToProcess(number);
}

// The signal does what it does where nobody handles it; with Node's own
// handler, if that is what ends the process.
void DoDefault(int number) {
  struct sigaction action = {};
  if (IsFunction(At(number).before.sa_handler) &&
      IsNodesDefault(At(number).before)) {
    action = At(number).before;
  }
  struct sigaction ours = {};
  __real_sigaction(number, &action, &ours);
  sigset_t only;
  sigset_t before;
  sigemptyset(&only);
  sigaddset(&only, number);
  ::syscall(SYS_tgkill, ::getpid(), ::syscall(SYS_gettid), number);
  pthread_sigmask(SIG_UNBLOCK, &only, &before);
  // Reached where its default is not to end.
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  __real_sigaction(number, &ours, nullptr);
}

// On Python's main thread.
void Deliver(int number, siginfo_t* info, void* context) {
  Claims& claims = State();
  const sighandler_t handler = SignalTable::Get().HandlerOf(number);
  if (!claims.open) {
    // Python may still be setting up its own handler of SIGINT.
    claims.kept |= Bit(number);
  } else if (handler == SIG_DFL) {
    DoDefault(number);
  } else if (IsFunction(handler)) {
    ++claims.seen;
    CallHandler(handler, number, info, context);
  }
}

void OnSignal(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const Claims& claims = State();
  SignalTable& table = SignalTable::Get();
  if (!table.diverts()) {  // a forked child
    const sighandler_t handler = table.HandlerOf(number);
    if (IsFunction(handler)) CallHandler(handler, number, info, context);
  } else {
    const bool tells_node = !IsDirected(*info) && TellsNode(number);
    if (tells_node) {
      CallHandler(At(number).node_handler, number, info, context);
    }
    if (pthread_equal(pthread_self(), claims.thread) != 0) {
      Deliver(number, info, context);
    } else if (!PassOn(number) && !tells_node) {
      SendToProcess(number);
    }
  }
  errno = saved_errno;
}

// To whom the kernel gives it now; after a run.
void SendAgain(std::uint64_t kept) {
  for (int number = 1; number < kSignals; ++number) {
    if ((kept & Bit(number)) == 0) continue;
    // A listener of Node's has been told, unless it was not to be.
    if (!TellsNode(number)) SendToProcess(number);
  }
}

}  // namespace

void UpdateClaim(int number, const SignalEntry& entry) {
  if (Wanted(number, entry)) {
    Install(number, entry);
  } else {
    GiveBack(number);
  }
}

sighandler_t HandlerBefore(int number) { return At(number).before.sa_handler; }

std::uint64_t SignalsSeen() { return State().seen; }

bool AnySignalClaimed() { return State().held > 0; }

void BeginSignals(const SignalPolicy& policy) {
  SignalLock lock;
  Claims& claims = State();
  claims.thread = pthread_self();
  claims.policy = policy;
  claims.kept = 0;
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR2}) {
    UpdateClaim(number, SignalTable::Get().At(number));
  }
}

void OpenSignalGate(bool open) {
  Claims& claims = State();
  claims.open = open;
  if (!open) return;
  {
    SignalLock lock;
    claims.serving = true;
  }
  const std::uint64_t kept = claims.kept.exchange(0);
  for (int number = 1; number < kSignals; ++number) {
    if ((kept & Bit(number)) != 0) pthread_kill(claims.thread, number);
  }
}

void EndSignals() {
  Claims& claims = State();
  {
    SignalLock lock;
    claims.serving = false;
    for (int number = 1; number < kSignals; ++number) GiveBack(number);
  }
  SendAgain(claims.kept.exchange(0));
}

void ReclaimSignals() {
  SignalLock lock;
  for (int number = 1; number < kSignals; ++number) {
    if (At(number).held && !IsFault(number)) {
      Install(number, SignalTable::Get().At(number));
    }
  }
}

}  // namespace inmem::interpreter
