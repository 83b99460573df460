// native/interpreter/signal_faults.cc: faults: V8's traps first, then Python's
// faulthandler.
//
// All of it runs in a signal handler.
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
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

// C code of a bundle has repaired the fault, as a garbage collector's or a
// JVM's handler does: Node, which could not know, has raised the signal
// already.
void TakeBack(int number) {
  if (KernelsHandler(number) != SIG_DFL) return;
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  const timespec at_once = {};
  sigtimedwait(&only, nullptr, &at_once);  // blocked as long as we are in here
  struct sigaction action = {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  __real_sigaction(number, &action, nullptr);
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
    // One that returns and stays has repaired it.
    const bool stays =
        IsFunction(handler) && table.HandlerOf(number) == handler;
    if (stays) {
      if (in_node) TakeBack(number);
    } else {
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
