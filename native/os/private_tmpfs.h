// native/os/private_tmpfs.h: files in RAM that have real paths: a tmpfs that is
// mounted nowhere.
//
// Technical note. fsopen("tmpfs") and fsmount() (Linux 5.2) give a descriptor
// of a mount that is attached to no mount table: /proc/self/fd/N/x.libs/libx.so
// is a path that open, stat, opendir, dlopen, $ORIGIN and dladdr take, no other
// process sees it, and it is gone with the process. Both calls ask for
// CAP_SYS_ADMIN over the caller's mount namespace. Who does not have it gets it
// in a child with a user and a mount namespace of its own, which Linux allows
// to everybody unless the host was told otherwise; the mount outlives the
// child.
//
// The child is made inside a process with many threads, Node's and the user's:
//  - CLONE_VM | CLONE_VFORK on a stack of its own, as posix_spawn does: nothing
//    is copied, this thread waits, and no handler of pthread_atfork runs. The
//    child makes system calls and nothing else: no malloc, no lock.
//  - CLONE_FILES: the mount's descriptor is ours as soon as the child has it.
//  - Exit signal 0: no SIGCHLD reaches Node's handler, and no waitpid(-1) of
//    anybody takes the child's status, since that needs __WCLONE. Signals are
//    blocked meanwhile: a handler must not run in the child on our memory.
//  - CLONE_NEWUSER in clone(), not unshare(): that is refused in a process of
//    several threads, and would change whether the shared memory is dumpable.
// Where a seccomp filter is on, another child tries all that first (trial.h).
#pragma once

#include <string>

#include "base/status.h"
#include "os/private_files.h"

namespace inmem::os {

class PrivateTmpfs : public PrivateFiles {
 public:
  // The process's one, made at the first call; lives until the process ends. A
  // child by fork() gets its own. A refusal is remembered too, unless
  // descriptors or memory had run out.
  // Errors: kLoadFailed, with the call that was refused and what to do.
  static Result<const PrivateTmpfs*> Get();

  // A new one that is given up at its end: for the probe and for tests.
  static Result<PrivateTmpfs> Make();

  // Whether the kernel gives huge pages to what is within a file's size: copies
  // become several times faster.
  bool huge_pages() const { return huge_pages_; }

 private:
  PrivateTmpfs(UniqueFd mount, std::string path, bool huge_pages);
  // `may_pass`: the same call may succeed later.
  static Result<PrivateTmpfs> Make(bool* may_pass);

  bool huge_pages_;
};

}  // namespace inmem::os
