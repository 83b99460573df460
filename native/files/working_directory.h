// native/files/working_directory.h: a working directory inside an archive.
// Private to the layer.
//
// Technical note. The kernel cannot stand in an archive, so it stands in the
// folder that holds the bundle, and the virtual path is kept here. It holds as
// long as the kernel's directory is the one that was set then: whoever changes
// that without coming by here (Node, where the host refuses Python's threads a
// directory of their own) ends the virtual one.
#pragma once

#include <optional>
#include <string>

#include "files/resolve.h"

namespace inmem::files {

// Whether a virtual working directory may be in force for this thread: one
// load. Virtual() tells for sure.
bool MayBeVirtual();

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
