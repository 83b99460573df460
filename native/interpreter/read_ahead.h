// native/interpreter/read_ahead.h: the first bundle's index, read while Python
// starts.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "archive/archive.h"
#include "os/file_source.h"

namespace inmem::interpreter {

// From here on reading the index may take longer than making a thread for it.
inline constexpr std::size_t kLargeBundleBytes = 1 << 20;
bool IsLargeFile(const std::string& path);

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
