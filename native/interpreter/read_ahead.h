// native/interpreter/read_ahead.h: the first bundle's index, read while Python
// starts.
#pragma once

#include <memory>
#include <string>

#include "archive/archive.h"
#include "os/file_source.h"

namespace inmem::interpreter {

// Begins to open the archive at `path` on a thread of its own, if it is large
// enough to be worth one; the first call alone does anything. Whatever goes
// wrong is met again, and told, by who mounts it.
// Threads: any.
void BeginReadAhead(const std::string& path);

// The archive that was begun, if it is that of `path` and still the file that
// `identity` tells; waits for it. Null where it is not, and the second time.
// Threads: any.
std::shared_ptr<const archive::Archive> TakeReadAhead(
    const std::string& path, const os::FileIdentity& identity);

}  // namespace inmem::interpreter
