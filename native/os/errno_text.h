// native/os/errno_text.h: the system's words for an errno.
#pragma once

#include <string>
#include <system_error>

namespace inmem::os {

// "No such file or directory (errno 2)". Unlike strerror, safe in threads.
inline std::string ErrnoText(int error) {
  return std::generic_category().message(error) + " (errno " +
         std::to_string(error) + ")";
}

}  // namespace inmem::os
