// native/loader/cxx_runtime.h: the host's C++ runtime, for code of bundles.
// Private to the layer.
#pragma once

#include "loader/redirects.h"

namespace inmem::loader {

// std::ifstream and std::filesystem of a wheel are functions of the host's
// libstdc++, which Node has brought along: from now on these call what
// `redirects` says, for Node's own code as well. To the kernel's files that
// makes no difference. False: none is loaded yet.
// Threads: the caller holds the loader's mutex.
bool RedirectCxxRuntime(const Redirects& redirects);

}  // namespace inmem::loader
