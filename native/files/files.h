// native/files/files.h: the C library's path functions over the mounts.
//
// Technical note. Each function of functions.def has the kernel's and glibc's
// signature, results and errno, and comes before the real one: by the link of
// the addon for CPython and its libraries, by the loader for wheels.
//
// Whose path it is: the canonical spelling of a mount's path is known by one
// comparison, without a lock (vfs::Tree::Covers). All else goes to the real
// function first. Only where that fails with ENOTDIR - a bundle's file was used
// as a folder - or with ENOENT on a path that names the reserved root, the path
// is taken apart (resolve.cc): "..", "//", relative paths, folders that are
// symbolic links. So what is not ours costs nothing but the comparison, and a
// name that exists on disk is always the one on disk.
//
// The mount point itself is a regular file and stays one, so that zipfile,
// zipimport and pip read it; whoever asks for a folder there - opendir, chdir,
// O_DIRECTORY, a '/' at the end - gets the archive's root.
//
// An open file is a sealed memfd with the entry's bytes, opened again for
// reading: read, mmap, sendfile, dup, fork and exec need nothing of us then.
//
// Threads: all functions may be called concurrently, without the GIL; in a
// child of fork too. Between vfork and exec a path that is not ours allocates
// nothing and changes no memory.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "vfs/tree.h"

namespace inmem::files {

// From now on the functions answer for what `tree` holds. Borrowed, for ever.
void Attach(const vfs::Tree& tree);

// One function of functions.def: what C code calls, and what answers.
struct Function {
  const char* name;
  void* replacement;
};
std::span<const Function> Functions();

// The calling thread has a working directory that is not Python's: JavaScript's
// threads. A chdir into a bundle does not reach it.
void MarkOutsideThread();

// Why this thread's last open or link failed with EIO, if it was `path` that
// could not be opened: an error of the archive, with its code's name before it.
// "" if not.
std::string DamageOf(const char* path);

// What `path` names, by the same rules as open's: the archive and the name of
// a file in it. nullopt: a real path, a folder, or nothing. For exec and the
// like; errno is left alone.
std::optional<vfs::Location> LocateFile(const char* path);

}  // namespace inmem::files
