// native/interpreter/versions.h: versions of what is linked in.
#pragma once

#include <string>

namespace inmem::interpreter {

struct LibraryVersions {
  std::string python;   // "3.13.5"
  std::string openssl;  // "OpenSSL 3.5.7 ..."
  std::string sqlite;
  std::string zlib;
};

// Asks the libraries themselves; Python need not be started.
LibraryVersions LinkedVersions();

}  // namespace inmem::interpreter
