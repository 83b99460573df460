// native/interpreter/job.h: one run of a program: what goes in, what comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "interpreter/signals.h"
#include "interpreter/verification.h"
#include "loader/loader.h"

namespace inmem::interpreter {

struct Bundle {
  std::string path;  // absolute; of a buffer: the name for messages, or ""
  // A buffer of the parent: `path` is its mount point there, `file` what to
  // open, "" where the parent could make none (settings.h).
  bool of_parent = false;
  std::string file;
  bool is_folder = false;  // a real one: on the path as it is
  // Bytes of a buffer; `owner` keeps them alive.
  std::optional<std::span<const std::byte>> bytes;
  std::shared_ptr<const void> owner;
  int descriptor = -1;  // of a memory file with these bytes; -1: there is none
};

// An exception as plain text, with what caused it.
struct ExceptionText {
  std::string type;
  std::string message;
  std::string traceback;
  std::string code;  // ERR_INMEM_* where the error was ours, else ""
  std::unique_ptr<ExceptionText> cause;
};

struct Outcome {
  enum class Kind { kExit, kException, kError };
  Kind kind = Kind::kExit;
  int exit_code = 0;
  ExceptionText exception;                       // kException
  std::string code;                              // kError: ERR_INMEM_*
  std::string message;                           // kError
  std::vector<std::string> modules_from_memory;  // with Job::report
  std::vector<std::string> modules_from_disk;
  // CLOCK_MONOTONIC when the program got its first line; 0: it never did.
  std::int64_t began_ns = 0;
};

// The other side of a running job; implemented in addon.
// Threads: called on any of Python's threads, never with the GIL. The calls
// post and return; JavaScript answers through JobPipes.
class JobHost {
 public:
  virtual ~JobHost() = default;
  virtual void PostOutput(int fd, std::vector<std::byte> data) = 0;
  virtual void PostInputWanted() = 0;
  virtual void PostRootsWanted() = 0;
  // C code of the bundle has a handler for this signal, which Node may take.
  virtual void PostSignalWanted(int number) = 0;
  // Sets a variable of the process's environment, which is JavaScript's
  // thread's to change: process.env reads it there without a lock.
  virtual void PostVariable(std::string name, std::string value) = 0;
  // The last call.
  virtual void PostEnd(Outcome outcome) = 0;
};

struct Job {
  std::vector<Bundle> bundles;  // at least one; the first is the program's
  std::vector<std::string> args;
  std::optional<std::string> module;
  std::optional<std::string> script;  // a command of a distribution
  std::string cwd;
  bool cwd_given = false;
  std::vector<std::string> environment;  // NAME=value, as the process has it
  bool pipe_stdin = false;
  bool pipe_stdout = false;
  bool pipe_stderr = false;
  bool report = false;
  loader::Policy policy;  // how shared objects are loaded
  SignalPolicy signals;
  std::optional<Verification> verification;
  std::shared_ptr<JobHost> host;
};

}  // namespace inmem::interpreter
