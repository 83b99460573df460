// native/interpreter/signal_faults.cc: faults: V8's traps first, then Python's
// faulthandler.
//
// All of it runs in a signal handler.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "interpreter/signal_claims.h"
#include "interpreter/signal_table.h"

namespace inmem::interpreter {
namespace {

sighandler_t KernelsHandler(int number) {
  struct sigaction now = {};
  __real_sigaction(number, nullptr, &now);
  return now.sa_handler;
}

void ToDefault(int number) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  __real_sigaction(number, &action, nullptr);
}

// Node's handler repairs a trap of WebAssembly; anything else it makes end the
// process: it resets the signal and raises it, which comes when we return.
bool NodeRepairs(int number, siginfo_t* info, void* context) {
  const sighandler_t node = HandlerBefore(number);
  if (!IsFunction(node)) return false;
  CallHandler(node, number, info, context);
  return KernelsHandler(number) != SIG_DFL;
}

}  // namespace

bool IsFault(int number) {
  return number == SIGSEGV || number == SIGBUS || number == SIGILL ||
         number == SIGFPE || number == SIGABRT;
}

void OnFault(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  SignalTable& table = SignalTable::Get();
  const bool in_node = table.diverts();  // not in a forked child
  if (!in_node || !NodeRepairs(number, info, context)) {
    const sighandler_t handler = table.HandlerOf(number);
    if (IsFunction(handler)) CallHandler(handler, number, info, context);
    // One that returns and stays has repaired it, unless Node has given up.
    const bool stays =
        IsFunction(handler) && table.HandlerOf(number) == handler;
    if (!stays) {
      ToDefault(number);
      // A fault happens again; what was sent is sent again.
      const bool sent = info->si_code <= 0;
      if (sent)
        ::syscall(SYS_tgkill, ::getpid(), ::syscall(SYS_gettid), number);
    }
  }
  errno = saved_errno;
}

}  // namespace inmem::interpreter
