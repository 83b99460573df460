// native/interpreter/versions.cc: versions of what is linked in.
#include "cpython/python_setup.h"

#include "interpreter/versions.h"

// The libraries' headers are not part of CPython's build output; these three
// functions are their stable API.
extern "C" {
const char* OpenSSL_version(int which);
const char* sqlite3_libversion();
const char* zlibVersion();
}

namespace inmem::interpreter {

LibraryVersions LinkedVersions() {
  return {PY_VERSION, OpenSSL_version(0), sqlite3_libversion(), zlibVersion()};
}

}  // namespace inmem::interpreter
