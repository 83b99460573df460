// native/importer/linker_calls.h: what bundles' own code asks the linker for.
#pragma once

#include "loader/loader.h"

namespace inmem::importer {

// From now on dlopen and dlerror of objects that `loader` loads know virtual
// paths, and find libraries as the calling object would.
void RedirectLinkerCalls(loader::Loader& loader);

}  // namespace inmem::importer
