// native/interpreter/wrap_stdio.cc: blocking reads and writes on Node's stdio.
//
// The addon is linked with --wrap=read and --wrap=write. libuv sets O_NONBLOCK
// on pipes that it uses as stdio, and the flag belongs to the open file, not to
// the descriptor: Python's own writes would fail with EAGAIN when the reader is
// slow. Here they wait, as they would in a process of their own.
#include <poll.h>
#include <unistd.h>

#include <cerrno>

extern "C" {

ssize_t __real_read(int fd, void* buffer, size_t size);
ssize_t __real_write(int fd, const void* buffer, size_t size);

ssize_t __wrap_read(int fd, void* buffer, size_t size) {
  for (;;) {
    ssize_t count = __real_read(fd, buffer, size);
    if (count >= 0 || errno != EAGAIN || fd != STDIN_FILENO) return count;
    pollfd wait = {fd, POLLIN, 0};
    if (poll(&wait, 1, -1) < 0) return -1;  // EINTR: the caller decides
  }
}

ssize_t __wrap_write(int fd, const void* buffer, size_t size) {
  for (;;) {
    ssize_t count = __real_write(fd, buffer, size);
    bool output = fd == STDOUT_FILENO || fd == STDERR_FILENO;
    if (count >= 0 || errno != EAGAIN || !output) return count;
    pollfd wait = {fd, POLLOUT, 0};
    if (poll(&wait, 1, -1) < 0) return -1;
  }
}

}  // extern "C"
