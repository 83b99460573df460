// native/interpreter/launcher_path.cc: the launcher, beside the addon.
#include <dlfcn.h>

#include <string>

#include "interpreter/python_thread.h"

namespace inmem::interpreter {

std::string LauncherPath() {
  Dl_info info = {};
  if (dladdr(reinterpret_cast<void*>(LauncherPath), &info) == 0 ||
      info.dli_fname == nullptr) {
    return INMEM_VIRTUAL_PREFIX "/bin/python3";
  }
  std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/') + 1) + "inmem-launcher";
}

}  // namespace inmem::interpreter
