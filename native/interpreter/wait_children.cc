// native/interpreter/wait_children.cc: Node's children stay Node's to reap.
//
// The kernel knows which thread made a child: with __WNOTHREAD a wait looks at
// those of the calling thread only, and Node makes its own on its own threads.
#include "interpreter/wait_children.h"

#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "interpreter/signal_table.h"
#include "loader/loader.h"

extern "C" {
pid_t __real_waitpid(pid_t pid, int* status, int options);
pid_t __real_wait4(pid_t pid, int* status, int options, struct rusage* usage);
int __real_waitid(idtype_t type, id_t id, siginfo_t* info, int options);
pid_t __wrap_waitpid(pid_t pid, int* status, int options);
pid_t __wrap_wait(int* status);
pid_t __wrap_wait3(int* status, int options, struct rusage* usage);
pid_t __wrap_wait4(pid_t pid, int* status, int options, struct rusage* usage);
int __wrap_waitid(idtype_t type, id_t id, siginfo_t* info, int options);
}

namespace inmem::interpreter {
namespace {

// The options for a wait that more than one process may answer.
int OfThread(bool of_many, int options) {
  const bool inside_node = SignalTable::Get().diverts();
  return of_many && inside_node ? options | __WNOTHREAD : options;
}

}  // namespace

void RedirectWaits(loader::Loader& loader) {
  loader.Redirect("wait", reinterpret_cast<void*>(&__wrap_wait));
  loader.Redirect("wait3", reinterpret_cast<void*>(&__wrap_wait3));
  loader.Redirect("wait4", reinterpret_cast<void*>(&__wrap_wait4));
  loader.Redirect("waitid", reinterpret_cast<void*>(&__wrap_waitid));
  loader.Redirect("waitpid", reinterpret_cast<void*>(&__wrap_waitpid));
}

}  // namespace inmem::interpreter

extern "C" {

pid_t __wrap_waitpid(pid_t pid, int* status, int options) {
  using inmem::interpreter::OfThread;
  return __real_waitpid(pid, status, OfThread(pid <= 0, options));
}

pid_t __wrap_wait(int* status) { return __wrap_waitpid(-1, status, 0); }

pid_t __wrap_wait3(int* status, int options, struct rusage* usage) {
  return __wrap_wait4(-1, status, options, usage);
}

pid_t __wrap_wait4(pid_t pid, int* status, int options, struct rusage* usage) {
  using inmem::interpreter::OfThread;
  return __real_wait4(pid, status, OfThread(pid <= 0, options), usage);
}

int __wrap_waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  using inmem::interpreter::OfThread;
  const bool of_many = type == P_ALL || type == P_PGID;
  return __real_waitid(type, id, info, OfThread(of_many, options));
}

}  // extern "C"
