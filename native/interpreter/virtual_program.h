// native/interpreter/virtual_program.h: a program inside a bundle, for exec.
#pragma once

#include <string>
#include <vector>

#include "vfs/tree.h"

namespace inmem::interpreter {

// What exec is to be called with instead of a virtual path: the program's
// memory file, by descriptor. A script for Python goes to the launcher under
// its own path; one for another interpreter stays open across exec, which reads
// it. Programs are opened from memory alone, so what they look for beside
// themselves is not there: one that needs libraries of its bundle is refused.
// Threads: any; also between fork and exec.
class VirtualProgram {
 public:
  // kSpawn: another process is to run it, which may close all descriptors
  // first.
  enum class Call { kExec, kSpawn };

  // errno says why the kernel's exec failed: nothing but ENOTDIR and ENOENT,
  // which virtual paths give, is looked into.
  VirtualProgram(Call call, const char* path, char* const* argv);
  ~VirtualProgram();  // errno stays
  VirtualProgram(const VirtualProgram&) = delete;
  VirtualProgram& operator=(const VirtualProgram&) = delete;

  // False: there is no such program, or none that may run; errno says why.
  bool found() const { return found_; }
  const char* path() const { return path_.c_str(); }
  char* const* argv() const { return argv_.data(); }

 private:
  bool Open(const char* path);
  bool KeepOpen(const vfs::Location& location);
  std::string DescriptorPath(int fd) const;
  bool NeedsItsBundle(const std::string& path) const;
  bool ReadScript(const std::string& path, const vfs::Location& location);

  Call call_;
  int fd_ = -1;
  bool found_ = false;
  std::string path_;
  std::vector<std::string> words_;  // before the program's own
  std::vector<char*> argv_;
};

}  // namespace inmem::interpreter
