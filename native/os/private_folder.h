// native/os/private_folder.h: a temporary folder on disk, for the tier
// `extract`.
//
// Whose it is, a lock tells: the owner holds flock() on the folder as long as
// it lives, however it ends. A process id in the name would not do: containers
// that share /tmp count their processes each from 1.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "os/private_files.h"

namespace inmem::os {

class PrivateFolder : public PrivateFiles {
 public:
  // The process's one, made at the first call, mode 0700, in the first of
  // $XDG_RUNTIME_DIR, $TMPDIR and /tmp that takes files from which code may be
  // mapped (not mounted noexec); a child by fork() gets its own. Removed by
  // exit(), which process.exit() comes to; what a process left behind that was
  // killed, the next one's Get() of the same user sweeps away. Errors:
  // kLoadFailed, with each place's refusal.
  static Result<const PrivateFolder*> Get();

  // The places in the order in which they are tried.
  static std::vector<std::string> Places();

  // Whether such a folder could be made in `place`: "" or what is in the way.
  static std::string Obstacle(const std::string& place);

  // Removes folders in `place` whose process is gone; gives how many.
  static int Sweep(const std::string& place);

  // A new one in `place`; the caller removes it. For Get() and for tests.
  static Result<PrivateFolder> MakeIn(const std::string& place);

 private:
  PrivateFolder(UniqueFd folder, std::string path);
};

}  // namespace inmem::os
