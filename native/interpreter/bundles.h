// native/interpreter/bundles.h: the archives of runs, mounted.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "interpreter/inheritance.h"
#include "interpreter/job.h"

namespace inmem::interpreter {

// Opens and mounts archives for runs, and keeps those that later runs or
// modules that stay may need.
// Threads: one at a time; without the GIL.
class Bundles {
 public:
  // Mounts each bundle, at its path or, of a buffer, below the reserved root.
  // A file that did not change since, and a buffer with an equal central
  // directory, keep their mount. Gives the mount points, in order.
  // Errors: those of OpenFileSource and Archive::Open.
  Result<std::vector<std::string>> Mount(const std::vector<Bundle>& bundles);

  // What children mount instead of these points, which Mount() gave.
  static std::vector<InheritedBundle> Inherited(
      const std::vector<std::string>& points);

  // Unmounts all but the mount points named.
  void Keep(const std::vector<std::string>& points);

 private:
  struct Mounted;
  Result<Mounted> MountFile(const Bundle& bundle);
  Result<Mounted> MountBuffer(const Bundle& bundle);
  static std::vector<Mounted>& mounted();
  int buffers_ = 0;
};

// Mounts the stdlib that lies in the addon: the first call does it.
// Threads: any.
Status MountStdlib();

}  // namespace inmem::interpreter
