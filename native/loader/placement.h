// native/loader/placement.h: the file that the dynamic linker opens.
// Private to the layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "elf/edit_plan.h"
#include "loader/object_bytes.h"
#include "loader/tier.h"
#include "os/dynamic_linker.h"
#include "os/unique_fd.h"

namespace inmem::loader {

// A new, empty file for one object's copy.
class Placement {
 public:
  // Takes: the object's bytes, whose tier says where; a bare file name. With
  // `may_change`, an object whose memory file the host refuses is placed in a
  // private tmpfs instead, and `bytes` tells so.
  // Errors: kMemfd, kLoadTier (the host refuses what was asked for),
  // kLoadFailed.
  static Result<Placement> Make(ObjectBytes& bytes, const std::string& name,
                                bool may_change, const std::string& label);

  // What dlopen is to be given; no other placement ever has this path.
  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }
  bool is_memfd() const { return is_memfd_; }

  // Writes what the tier copies, with the edits in it; gives the number of
  // bytes written. `is_offered`: with the trailer that other processes read.
  // Errors: kMemfd or kLoadFailed, with `label` in the message.
  Result<std::uint64_t> Write(const ObjectBytes& bytes,
                              const std::vector<elf::Edit>& edits,
                              bool is_offered, const std::string& label);

  // Uses another process's sealed copy instead of writing one.
  void Adopt(os::UniqueFd fd) {
    fd_ = std::move(fd);
    path_ = os::UniqueDescriptorPath(fd_.get());
  }

  // Puts the segments that were not copied over the holes, and gives up what
  // lies below them of the copy. After dlopen, before any code of the object
  // runs. Edits in them are made again: the dynamic linker reads names anew
  // whenever it walks the object's needs. Gives the number of bytes mapped.
  Result<std::uint64_t> MapSegments(const ObjectBytes& bytes,
                                    const std::vector<elf::Edit>& edits,
                                    std::uintptr_t base,
                                    const std::string& label);

  // The dynamic linker has the file open no longer, but a path of a descriptor
  // must not come to mean another file: the number is never used again.
  void KeepOpenForEver() { (void)fd_.Release(); }

 private:
  Placement(os::UniqueFd fd, std::string path, bool is_memfd)
      : fd_(std::move(fd)), path_(std::move(path)), is_memfd_(is_memfd) {}

  os::UniqueFd fd_;
  std::string path_;
  bool is_memfd_;
};

}  // namespace inmem::loader
