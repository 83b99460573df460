// native/interpreter/bundles.h: the archives of runs, mounted.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/archive.h"
#include "base/status.h"
#include "interpreter/inheritance.h"
#include "interpreter/job.h"
#include "interpreter/verification.h"

namespace inmem::interpreter {

// Opens and mounts archives for runs and for Python code that asks for it, and
// keeps those that later runs or modules that stay may need.
// Threads: any; without the GIL.
class Bundles {
 public:
  // Mounts each bundle, at its path or, of a buffer, below the reserved root.
  // A file that did not change since, and a buffer with an equal central
  // directory, keep their mount. Gives the mount points, in order.
  // With `verification`, each must be signed with its key, and so must what
  // MountOne is given until the next call.
  // Errors: those of OpenFileSource, Archive::Open and VerifyArchive; kUnsigned
  // of a folder.
  Result<std::vector<std::string>> Mount(
      const std::vector<Bundle>& bundles,
      const std::optional<Verification>& verification);

  // What children mount instead of these points, which Mount() gave.
  static std::vector<InheritedBundle> Inherited(
      const std::vector<std::string>& points);

  // The same for one that is no folder.
  static Result<std::string> MountOne(const Bundle& bundle);

  // False: nothing is mounted there. Who holds the mount goes on reading.
  static bool Unmount(std::string_view point);

  // Whether the archive mounted there is still what the file system has.
  static bool IsCurrent(std::string_view point);

  // Unmounts all but the mount points named.
  void Keep(const std::vector<std::string>& points);

 private:
  struct Mounted;
  static Result<Mounted> MountFile(const Bundle& bundle);
  static Result<Mounted> MountBuffer(const Bundle& bundle);
  static Status MountArchive(std::shared_ptr<const archive::Archive> archive,
                             Mounted* made);
  static std::vector<Mounted>& mounted();
  static std::vector<Mounted>::iterator FindMounted(std::string_view point);
};

// Makes a buffer's bundle: copies the bytes, into a memory file where the host
// allows it, so that children can open them. Threads: any.
void HoldCopy(std::span<const std::byte> bytes, Bundle* bundle);

// Mounts the stdlib that lies in the addon: the first call does it.
// Threads: any.
Status MountStdlib();

}  // namespace inmem::interpreter
