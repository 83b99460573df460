// native/launcher/launcher.cc: sys.executable: Python alone, as a real file.
//
// Opens the addon that lies beside it and calls its main function. No V8 is in
// the process, so the Node-API functions that the addon refers to do not exist:
// stubs of them stand here, so that binding succeeds under LD_BIND_NOW too.
#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr const char* kAddonNames[] = {INMEM_ADDON_NAMES};

// The addon's path: beside this file, whatever links lead here.
bool FindAddon(char* path, std::size_t size) {
  ssize_t length = readlink("/proc/self/exe", path, size - 1);
  if (length <= 0) return false;
  path[length] = '\0';
  char* name = std::strrchr(path, '/') + 1;
  for (const char* candidate : kAddonNames) {
    std::size_t room = size - static_cast<std::size_t>(name - path);
    if (std::strlen(candidate) >= room) continue;
    std::memcpy(name, candidate, std::strlen(candidate) + 1);
    if (access(path, R_OK) == 0) return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  char path[PATH_MAX];
  if (!FindAddon(path, sizeof path)) {
    std::fprintf(stderr,
                 "inmem-launcher: no addon beside the launcher (expected %s)\n",
                 kAddonNames[0]);
    return 127;
  }
  void* addon = dlopen(path, RTLD_LAZY | RTLD_GLOBAL);
  if (addon == nullptr) {
    std::fprintf(stderr, "inmem-launcher: %s\n", dlerror());
    return 127;
  }
  using Main = int (*)(int, char**);
  auto run = reinterpret_cast<Main>(dlsym(addon, "_PyInmem_Main"));
  if (run == nullptr) {
    std::fprintf(stderr, "inmem-launcher: %s\n", dlerror());
    return 127;
  }
  return run(argc, argv);
}
