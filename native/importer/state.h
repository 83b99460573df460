// native/importer/state.h: what all interpreters of the process share: the
// tree of mounted archives and the loader of shared objects.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "loader/loader.h"
#include "os/fork_mutex.h"
#include "vfs/tree.h"

namespace inmem::importer {

// Names one mount in calls from Python; never reused.
using MountId = std::int64_t;

// A `sys.path` or `__path__` entry that lies in a mount.
struct PathEntry {
  MountId id = 0;
  std::shared_ptr<const vfs::Mount> mount;
  std::string folder;  // relative to the mount point, "" is its root
};

// Threads: all members may be called concurrently, without the GIL.
class State {
 public:
  // The one instance; never destroyed, since threads may outlive exit().
  static State& Get();

  // Joins an archive to the tree. Errors: those of vfs::Tree::Add.
  Result<MountId> Mount(std::string point,
                        std::shared_ptr<const archive::Archive> archive);
  // Ends a mount; readers that hold it go on. Unknown ids are ignored.
  void Unmount(MountId id);

  std::shared_ptr<const vfs::Mount> mount(MountId id) const;

  // nullopt: not below any mount. Answers for both kinds are remembered until
  // the mounts change, since sys.path is searched at every import.
  std::optional<PathEntry> Resolve(std::string_view path);

  // The mount points that the program that runs has on sys.path, for the
  // subinterpreters that it starts. Empty where Python itself knows them.
  void SetProgramPath(std::vector<std::string> points);
  std::vector<std::string> program_path() const;

  // Those whose .pth files it acted on without `site`: its subinterpreters do
  // too.
  void SetSitePoints(std::vector<std::string> points);
  std::vector<std::string> site_points() const;

  vfs::Tree& tree() { return tree_; }
  loader::Loader& loader() { return loader_; }

 private:
  State();

  vfs::Tree tree_;
  loader::Loader loader_;
  mutable os::ForkMutex mutex_;
  std::vector<std::string> program_path_;
  std::vector<std::string> site_points_;
  MountId next_id_ = 1;
  std::map<MountId, std::shared_ptr<const vfs::Mount>> mounts_;
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, std::optional<PathEntry>, StringHash,
                     std::equal_to<>>
      resolved_;
};

}  // namespace inmem::importer
