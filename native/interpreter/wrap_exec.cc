// native/interpreter/wrap_exec.cc: children get this process's bundles, and
// programs inside them can be started.
//
// The addon is linked with --wrap of the functions by which CPython starts
// programs. execv, execve and fexecve may run in a child between vfork and
// exec: nothing is allocated there but on the stack, or for a path that the
// kernel has not found.
#include <alloca.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "interpreter/inheritance.h"
#include "interpreter/virtual_program.h"

using inmem::interpreter::ChildEnvironment;
using inmem::interpreter::VirtualProgram;
using Call = ChildEnvironment::Call;

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
  constexpr std::string_view kRefused =
      ": it may not be executed here (expected a file with its x bit, on a "
      "file "
      "system without noexec)\n";
  constexpr std::string_view kMissing =
      ": no such file (expected it beside the addon, as a real file: in an "
      "Electron app, name both in asarUnpack)\n";
  constexpr std::string_view kWhat =
      "inmem-python: cannot start Python's launcher, ";
  for (const std::string_view text :
       {kWhat, std::string_view(path), error == EACCES ? kRefused : kMissing}) {
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) break;
  }
  errno = error;
}

// Calls run(environment, whether for the launcher).
template <typename Run>
int WithEnvironment(Call call, const char* program, char* const* envp,
                    const Run& run) {
  const ChildEnvironment child(call, program, envp);
  if (child.room() != 0) {
    envp =
        child.Fill(static_cast<char**>(alloca(child.room() * sizeof(char*))));
  }
  return run(envp, child.for_launcher());
}

// After an exec of the path itself that failed, with its errno.
int ExecVirtual(const char* path, char* const* argv, char* const* envp) {
  const VirtualProgram program(VirtualProgram::Call::kExec, path, argv);
  if (!program.found()) return -1;
  return WithEnvironment(Call::kExec, program.path(), envp,
                         [&](char* const* its, bool /*for_launcher*/) {
                           return __real_execve(program.path(), program.argv(),
                                                its);
                         });
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
  return WithEnvironment(Call::kExec, path, envp,
                         [&](char* const* its, bool for_launcher) {
                           int result = __real_execve(path, argv, its);
                           if (for_launcher) TellNoLauncher(path, errno);
                           if (for_launcher) return result;
                           return ExecVirtual(path, argv, envp);
                         });
}

int __wrap_execv(const char* path, char* const* argv) {
  return __wrap_execve(path, argv, environ);
}

int __wrap_fexecve(int fd, char* const* argv, char* const* envp) {
  std::array<char, 32> path = {};
  (void)std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
  return WithEnvironment(Call::kExec, path.data(), envp,
                         [&](char* const* its, bool /*for_launcher*/) {
                           return __real_fexecve(fd, argv, its);
                         });
}

int __wrap_posix_spawn(pid_t* pid, const char* path,
                       const posix_spawn_file_actions_t* actions,
                       const posix_spawnattr_t* attributes, char* const* argv,
                       char* const* envp) {
  auto spawn = [&](const char* program, char* const* words) {
    return WithEnvironment(
        Call::kSpawn, program, envp, [&](char* const* its, bool for_launcher) {
          const int error =
              __real_posix_spawn(pid, program, actions, attributes, words, its);
          if (for_launcher) TellNoLauncher(program, error);
          return error;
        });
  };
  const int result = spawn(path, argv);
  if (result == 0) return 0;
  errno = result;
  const VirtualProgram program(VirtualProgram::Call::kSpawn, path, argv);
  return program.found() ? spawn(program.path(), program.argv()) : errno;
}

// A name without '/' is looked for in PATH, which has real folders: that is not
// how the launcher or a program of a bundle is called.
int __wrap_posix_spawnp(pid_t* pid, const char* file,
                        const posix_spawn_file_actions_t* actions,
                        const posix_spawnattr_t* attributes, char* const* argv,
                        char* const* envp) {
  if (file != nullptr && std::strchr(file, '/') != nullptr) {
    return __wrap_posix_spawn(pid, file, actions, attributes, argv, envp);
  }
  return WithEnvironment(
      Call::kSpawn, file, envp, [&](char* const* its, bool /*for_launcher*/) {
        return __real_posix_spawnp(pid, file, actions, attributes, argv, its);
      });
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
