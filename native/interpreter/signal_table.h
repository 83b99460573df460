// native/interpreter/signal_table.h: what Python set for each signal, as its
// two sides see it: those that set (signals.cc), and those whom the kernel
// calls (signal_claims.cc, signal_faults.cc).
#pragma once

#include <signal.h>

#include <array>
#include <atomic>
#include <mutex>

// The real ones: the addon is linked with --wrap.
extern "C" int __real_sigaction(int number, const struct sigaction* action,
                                struct sigaction* old);

namespace inmem::interpreter {

constexpr int kSignals = 65;  // Linux signals are 1..64

struct SignalEntry {
  struct sigaction action = {};
  bool of_bundle = false;  // who set it: C code of a bundle
  // The action's handler, for whom the kernel calls: no lock is taken there.
  std::atomic<sighandler_t> handler = SIG_DFL;
};

// Of one process: never in a forked child, which has the kernel's own. Never
// destroyed.
class SignalTable {
 public:
  static SignalTable& Get();

  SignalEntry& At(int number) {
    return entries_[static_cast<std::size_t>(number)];
  }
  sighandler_t HandlerOf(int number) { return At(number).handler; }
  // True from DivertSignals() on, and not in a forked child: what it is about
  // to exec must get the kernel's own dispositions, and after vfork the table
  // is its parent's memory.
  bool diverts() const;
  void Divert();

 private:
  friend class SignalLock;
  std::mutex mutex_;
  std::array<SignalEntry, kSignals> entries_;
  std::atomic<pid_t> process_ = 0;
};

// Holds the table. A handler that runs on this thread may itself set handlers:
// none runs as long as it is held.
class SignalLock {
 public:
  SignalLock();
  ~SignalLock();
  SignalLock(const SignalLock&) = delete;
  SignalLock& operator=(const SignalLock&) = delete;

 private:
  sigset_t before_ = {};
};

inline bool IsFunction(sighandler_t handler) {
  return handler != SIG_DFL && handler != SIG_IGN && handler != SIG_ERR;
}

// As the kernel calls it. Handlers of one argument ignore the others.
inline void CallHandler(sighandler_t handler, int number, siginfo_t* info,
                        void* context) {
  using Full = void (*)(int, siginfo_t*, void*);
  reinterpret_cast<Full>(handler)(number, info, context);
}

}  // namespace inmem::interpreter
