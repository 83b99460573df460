// native/interpreter/thread_setup.cc: what Python's main thread does before
// Python starts.
#include "interpreter/thread_setup.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>

namespace inmem::interpreter {

void GrowThreadHeap() {
  constexpr std::size_t kStepBytes = 120'000;  // larger would be mmapped
  std::array<void*, 12> steps = {};
  for (void*& step : steps) step = std::malloc(kStepBytes);
  for (void* step : steps) std::free(step);
}

void LetChildrenHaveStdio() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    int flags = fcntl(fd, F_GETFD);
    if (flags >= 0) fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC);
  }
}

}  // namespace inmem::interpreter
