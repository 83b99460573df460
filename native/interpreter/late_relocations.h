// native/interpreter/late_relocations.h: OpenSSL and SQLite, relocated when
// they are first used.
#pragma once

namespace inmem::interpreter {

// Has to come before any call into libcrypto, libssl or SQLite that is not made
// through their Python modules. False: the kernel refused (errno).
// Threads: any.
bool ApplyLateRelocations();

}  // namespace inmem::interpreter
