// native/interpreter/wrap_stdio.cc: blocking reads and writes on Node's stdio.
//
// The addon is linked with --wrap for these functions. libuv sets O_NONBLOCK on
// pipes that it uses as stdio, and the flag belongs to the open file, not to
// the descriptor: Python's own writes would fail with EAGAIN when the reader is
// slow. Here they wait, as they would in a process of their own - unless the
// program itself has asked for EAGAIN, and never where there is no Node.
#include "interpreter/wrap_stdio.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

namespace {

std::atomic<bool> is_inside_node = false;
// By descriptor: the program has set it non-blocking.
std::array<std::atomic<bool>, STDERR_FILENO + 1> is_programs_wish = {};

bool IsStdio(int fd) { return fd >= 0 && fd <= STDERR_FILENO; }

void NoteWish(int fd, bool wish) {
  if (IsStdio(fd)) is_programs_wish.at(static_cast<std::size_t>(fd)) = wish;
}

// Whether a call that gave EAGAIN is to wait. Leaves errno alone.
bool ShallWait(int fd, int first, int last) {
  return fd >= first && fd <= last && is_inside_node &&
         !is_programs_wish.at(static_cast<std::size_t>(fd));
}

}  // namespace

namespace inmem::interpreter {

void BlockOnNodesStdio() {
  for (std::atomic<bool>& wish : is_programs_wish) wish = false;
  is_inside_node = true;
}

}  // namespace inmem::interpreter

extern "C" {

ssize_t __real_read(int fd, void* buffer, size_t size);
ssize_t __real_write(int fd, const void* buffer, size_t size);
int __real_ioctl(int fd, unsigned long request, void* argument);
int __real_fcntl(int fd, int command, void* argument);

ssize_t __wrap_read(int fd, void* buffer, size_t size) {
  for (;;) {
    ssize_t count = __real_read(fd, buffer, size);
    if (count >= 0 || errno != EAGAIN) return count;
    if (!ShallWait(fd, STDIN_FILENO, STDIN_FILENO)) return count;
    pollfd wait = {fd, POLLIN, 0};
    if (poll(&wait, 1, -1) < 0) return -1;  // EINTR: the caller decides
  }
}

ssize_t __wrap_write(int fd, const void* buffer, size_t size) {
  for (;;) {
    ssize_t count = __real_write(fd, buffer, size);
    if (count >= 0 || errno != EAGAIN) return count;
    if (!ShallWait(fd, STDOUT_FILENO, STDERR_FILENO)) return count;
    pollfd wait = {fd, POLLOUT, 0};
    if (poll(&wait, 1, -1) < 0) return -1;
  }
}

// os.set_blocking(). The argument is passed on whatever it is, as glibc does.
int __wrap_ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  const int result = __real_ioctl(fd, request, argument);
  if (request == FIONBIO && result == 0) {
    NoteWish(fd, *static_cast<const int*>(argument) != 0);
  }
  return result;
}

int __wrap_fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  const int result = __real_fcntl(fd, command, argument);
  if (command == F_SETFL && result == 0) {
    NoteWish(fd,
             (reinterpret_cast<std::uintptr_t>(argument) & O_NONBLOCK) != 0);
  }
  return result;
}

// What large offsets make of it; on 64 bits they are one.
int __wrap_fcntl64(int fd, int command, ...)
    __attribute__((alias("__wrap_fcntl")));

}  // extern "C"
