// native/interpreter/crash_report.cc: which bundle's code a crash happened in.
//
// Everything below HandleSignal runs in a signal handler: no memory is
// allocated, no lock is taken, and what is not async-signal-safe by POSIX is
// said to be so.
#include "interpreter/crash_report.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string_view>

#include "interpreter/crash_text.h"
#include "loader/address_map.h"

// The addon's own is diverted to a table (signals.h).
extern "C" int __real_sigaction(int number, const struct sigaction* action,
                                struct sigaction* old);

namespace inmem::interpreter {
namespace {

struct Watched {
  int number;
  std::string_view name;
  struct sigaction before;
};

std::array<Watched, 5> g_watched = {{{SIGSEGV, "SIGSEGV", {}},
                                     {SIGBUS, "SIGBUS", {}},
                                     {SIGILL, "SIGILL", {}},
                                     {SIGFPE, "SIGFPE", {}},
                                     {SIGABRT, "SIGABRT", {}}}};

// The thread that writes a report; 0: none yet.
std::atomic<pid_t> g_reporter = 0;

constexpr int kFrames = 64;
constexpr int kWaitSeconds = 2;

pid_t ThreadId() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

Watched* Find(int number) {
  for (Watched& watched : g_watched) {
    if (watched.number == number) return &watched;
  }
  return nullptr;
}

// Where the thread was when the signal came.
std::uintptr_t ProgramCounter(const void* context) {
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#else
  return machine.pc;
#endif
}

// Who called what is no code: its return address; 0 where it cannot be read.
std::uintptr_t CallerOf(const void* context) {
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  const auto stack = static_cast<std::uintptr_t>(machine.gregs[REG_RSP]);
  if (stack % sizeof stack != 0 || !IsMapped(stack, 'r')) return 0;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a register
  return *reinterpret_cast<const std::uintptr_t*>(stack);
#else
  return machine.regs[30];
#endif
}

struct Walk {
  CrashText* text;
  std::uintptr_t start;  // the first frame that is told
  bool begun = false;
  int number = 0;
};

void WriteFrame(CrashText& text, int number, std::uintptr_t address) {
  text.Add("  #").AddDecimal(number).Add(number < 10 ? "   " : "  ");
  text.AddHexadecimal(address).Add("  ");
  if (const auto* range = loader::FindRange(address)) {
    text.Add(range->path).Add("+").AddHexadecimal(address - range->begin);
  } else {
    text.AddHostPlace(address);
  }
  text.Add("\n").Flush();  // whatever the next frame brings
}

_Unwind_Reason_Code OnFrame(_Unwind_Context* context, void* closure) {
  auto& walk = *static_cast<Walk*>(closure);
  int before_instruction = 0;
  const std::uintptr_t address =
      _Unwind_GetIPInfo(context, &before_instruction);
  // Frames of ours and the kernel's trampoline come first.
  walk.begun = walk.begun || address == walk.start;
  if (!walk.begun || address == 0) return _URC_NO_REASON;
  // A return address may be that of the next function.
  WriteFrame(*walk.text, walk.number++,
             before_instruction != 0 ? address : address - 1);
  return walk.number < kFrames ? _URC_NO_REASON : _URC_END_OF_STACK;
}

void Report(const Watched& watched, const siginfo_t& info,
            const void* context) {
  const std::uintptr_t start = ProgramCounter(context);
  CrashText text(STDERR_FILENO);
  text.Add("inmem-python: ").Add(watched.name);
  if (info.si_code > 0) {  // of the kernel, not sent by anybody
    text.Add(" at address ");
    text.AddHexadecimal(reinterpret_cast<std::uintptr_t>(info.si_addr));
  }
  text.Add(", process ").AddDecimal(::getpid());
  text.Add(", thread ").AddDecimal(ThreadId()).Add("; native frames:\n");
  text.Flush();
  if (!IsMapped(start, 'x')) {
    // The unwinder would read the code there.
    WriteFrame(text, 0, start);
    if (const std::uintptr_t caller = CallerOf(context); caller != 0) {
      WriteFrame(text, 1, caller - 1);
    }
    return;
  }
  Walk walk{&text, start};
  // libgcc_s finds the tables of unwinding by dl_iterate_phdr, or, from glibc
  // 2.35 on, without a lock.
  _Unwind_Backtrace(OnFrame, &walk);
  // Code without tables.
  if (!walk.begun) WriteFrame(text, 0, start);
}

// One report a process: a crash in it ends it, and other threads that crash
// wait for its end.
bool MayReport() {
  pid_t nobody = 0;
  const pid_t self = ThreadId();
  if (g_reporter.compare_exchange_strong(nobody, self)) return true;
  if (g_reporter != self) {
    const timespec wait = {kWaitSeconds, 0};
    ::nanosleep(&wait, nullptr);
  }
  return false;
}

bool IsDefault(const struct sigaction& action) {
  if ((action.sa_flags & SA_SIGINFO) != 0) return false;
  return action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN;
}

void Call(const struct sigaction& action, int number, siginfo_t* info,
          void* context) {
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(number, info, context);
  } else {
    action.sa_handler(number);
  }
}

// Lets the signal do what it does without us: a fault happens again when the
// handler returns, anything else is sent again.
void ToDefault(int number, const siginfo_t& info) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  __real_sigaction(number, &action, nullptr);
  if (info.si_code > 0) return;
  ::syscall(SYS_tgkill, ::getpid(), ThreadId(), number);
}

void HandleSignal(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const Watched& watched = *Find(number);
  // Traps of WebAssembly happen in compiled code of V8's. Elsewhere a fault is
  // one, and the handler before ours may end the process at once.
  const bool ours = loader::FindRange(ProgramCounter(context)) != nullptr;
  if (IsDefault(watched.before)) {
    if (MayReport()) Report(watched, *info, context);
    ToDefault(number, *info);
  } else {
    if (ours && MayReport()) Report(watched, *info, context);
    Call(watched.before, number, info, context);
    // Node's resets the signal and raises it when it can repair nothing: the
    // process ends when we return. Otherwise all is well.
    struct sigaction now = {};
    __real_sigaction(number, nullptr, &now);
    const bool fatal = IsDefault(now);
    if (fatal && !ours && MayReport()) Report(watched, *info, context);
  }
  errno = saved_errno;
}

_Unwind_Reason_Code Nothing(_Unwind_Context*, void*) {
  return _URC_END_OF_STACK;
}

}  // namespace

void EnableCrashReport() {
  static std::once_flag once;
  std::call_once(once, [] {
    // What the unwinder does once is not for a signal handler.
    _Unwind_Backtrace(Nothing, nullptr);
    for (Watched& watched : g_watched) {
      if (__real_sigaction(watched.number, nullptr, &watched.before) != 0) {
        continue;
      }
      struct sigaction action = {};
      action.sa_sigaction = HandleSignal;
      // The thread's alternate stack, where it has one: its own may be what
      // has run out.
      action.sa_flags = SA_SIGINFO | SA_ONSTACK;
      sigemptyset(&action.sa_mask);
      __real_sigaction(watched.number, &action, nullptr);
    }
  });
}

}  // namespace inmem::interpreter
