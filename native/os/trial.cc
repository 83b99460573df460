// native/os/trial.cc: whether a sandbox lets a process live that makes a call.
#include "os/trial.h"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): pthread_sigmask
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace inmem::os {

bool UnderSeccompFilter() {
  std::ifstream stream("/proc/self/status");
  constexpr std::string_view kKey = "Seccomp:";
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with(kKey)) return line.find('2') != std::string::npos;
  }
  return true;
}

int SignalThatEnds(void (*work)(void*), void* argument) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  // No flag and no exit signal. Not fork(): its handlers would run in both. Not
  // CLONE_VM: when the child dumps core, kernels before 5.16 end all that share
  // its memory.
  const long child =
      ::syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::syscall(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    work(argument);
    ::syscall(SYS_exit_group, 0);
  }
  int status = 0;
  if (child > 0) {
    while (::waitpid(static_cast<pid_t>(child), &status, __WCLONE) < 0 &&
           errno == EINTR) {
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

std::string EndedText(int signal) {
  const std::string name =
      signal == SIGSYS ? "SIGSYS" : "signal " + std::to_string(signal);
  return "the sandbox ends a process that calls it (" + name + ")";
}

}  // namespace inmem::os
