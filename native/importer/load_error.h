// native/importer/load_error.h: the last failure of a shared object, as
// dlerror() and the importer tell it.
#pragma once

#include <string>

#include "base/status.h"

namespace inmem::importer {

// Keeps `status` for this thread: the wrapped dlerror() gives its message
// once, TakeLoadError its code once.
void SetLoadError(Status status);

// The code name of this thread's last failure ("" where there is none), and
// forgets it.
std::string TakeLoadErrorCode();

}  // namespace inmem::importer
