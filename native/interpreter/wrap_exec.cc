// native/interpreter/wrap_exec.cc: children get this process's bundles.
//
// The addon is linked with --wrap of the functions by which CPython starts
// programs. execv, execve and fexecve may run in a child between vfork and
// exec: nothing is allocated there but on the stack.
#include <alloca.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "interpreter/inheritance.h"

using inmem::interpreter::ChildEnvironment;

extern "C" {

int __real_execve(const char* path, char* const* argv, char* const* envp);
int __real_fexecve(int fd, char* const* argv, char* const* envp);
int __real_posix_spawn(pid_t* pid, const char* path,
                       const posix_spawn_file_actions_t* actions,
                       const posix_spawnattr_t* attributes, char* const* argv,
                       char* const* envp);
int __real_posix_spawnp(pid_t* pid, const char* file,
                        const posix_spawn_file_actions_t* actions,
                        const posix_spawnattr_t* attributes, char* const* argv,
                        char* const* envp);
int __real_system(const char* command);

}  // extern "C"

namespace {

// The launcher is missing beside the addon: whoever started it may see no more
// than an exit status.
void TellNoLauncher(const char* path, int error) {
  if (error != ENOENT && error != EACCES && error != ENOTDIR) return;
  for (std::string_view text :
       {std::string_view("inmem-python: cannot start Python's launcher, "),
        std::string_view(path),
        std::string_view(
            error == EACCES
                ? ": it may not be executed here (expected a file with its x "
                  "bit, "
                  "on a file system without noexec)\n"
                : ": no such file (expected it beside the addon, as a real "
                  "file: "
                  "in an Electron app, name both in asarUnpack)\n")}) {
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
  }
}

std::string InSingleQuotes(std::string_view text) {
  std::string quoted = "'";
  for (char character : text) {
    if (character == '\'') quoted += "'\\'";
    quoted += character;
  }
  return quoted + '\'';
}

}  // namespace

extern "C" {

int __wrap_execve(const char* path, char* const* argv, char* const* envp) {
  const ChildEnvironment child(ChildEnvironment::Call::kExec, path, envp);
  if (child.room() != 0) {
    envp =
        child.Fill(static_cast<char**>(alloca(child.room() * sizeof(char*))));
  }
  const int result = __real_execve(path, argv, envp);
  if (child.for_launcher()) {
    const int error = errno;
    TellNoLauncher(path, error);
    errno = error;
  }
  return result;
}

int __wrap_execv(const char* path, char* const* argv) {
  return __wrap_execve(path, argv, environ);
}

int __wrap_fexecve(int fd, char* const* argv, char* const* envp) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  const ChildEnvironment child(ChildEnvironment::Call::kExec, path, envp);
  if (child.room() != 0) {
    envp =
        child.Fill(static_cast<char**>(alloca(child.room() * sizeof(char*))));
  }
  return __real_fexecve(fd, argv, envp);
}

int __wrap_posix_spawn(pid_t* pid, const char* path,
                       const posix_spawn_file_actions_t* actions,
                       const posix_spawnattr_t* attributes, char* const* argv,
                       char* const* envp) {
  const ChildEnvironment child(ChildEnvironment::Call::kSpawn, path, envp);
  if (child.room() != 0) {
    envp =
        child.Fill(static_cast<char**>(alloca(child.room() * sizeof(char*))));
  }
  return __real_posix_spawn(pid, path, actions, attributes, argv, envp);
}

// A name without '/' is looked for in PATH: that is not how the launcher is
// called, which is in nobody's.
int __wrap_posix_spawnp(pid_t* pid, const char* file,
                        const posix_spawn_file_actions_t* actions,
                        const posix_spawnattr_t* attributes, char* const* argv,
                        char* const* envp) {
  if (file != nullptr && std::strchr(file, '/') != nullptr) {
    return __wrap_posix_spawn(pid, file, actions, attributes, argv, envp);
  }
  const ChildEnvironment child(ChildEnvironment::Call::kSpawn, file, envp);
  if (child.room() != 0) {
    envp =
        child.Fill(static_cast<char**>(alloca(child.room() * sizeof(char*))));
  }
  return __real_posix_spawnp(pid, file, actions, attributes, argv, envp);
}

// The C library's own gives the shell this process's environment: the variables
// that are not in it are set by the shell.
int __wrap_system(const char* command) {
  if (command == nullptr) return __real_system(command);
  std::string exports;
  for (const std::string& pair : inmem::interpreter::MissingVariables()) {
    const std::size_t sign = pair.find('=');
    exports += "export " + pair.substr(0, sign + 1);
    exports += InSingleQuotes(pair.substr(sign + 1)) + "; ";
  }
  return __real_system((exports + command).c_str());
}

}  // extern "C"
