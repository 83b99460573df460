// native/files/working_directory.h: a working directory inside an archive.
// Private to the layer.
//
// Technical note. The kernel cannot stand in an archive, so it stands in the
// folder that holds the bundle, and the virtual path is kept here. It holds as
// long as the kernel's directory is the one that was set then: whoever changes
// that without coming by here (Node, where the host refuses Python's threads a
// directory of their own) ends the virtual one.
#pragma once

#include <atomic>
#include <optional>
#include <string>

namespace inmem::files {

struct Target;

// Whether some thread stands in an archive, as far as is known.
extern constinit std::atomic<bool> someone_is_virtual;

// Whether a virtual working directory may be in force: one load, inline for the
// many calls that have nothing to do with it. Virtual() tells for sure.
inline bool MayBeVirtual() {
  return someone_is_virtual.load(std::memory_order_relaxed);
}

// Virtual() is about this process and the children of fork it will have.
void NoteProcess();

// The virtual working directory, canonical; nullopt where it is a real one.
// errno is left alone.
std::optional<std::string> Virtual();

// Where the kernel stands meanwhile, who has `folder` of ours as working
// directory.
std::string KernelFolder(const Target& folder);

// chdir into a folder of ours; -1 with errno.
int Enter(const Target& folder);

// A real chdir came to pass.
void Leave();

}  // namespace inmem::files
