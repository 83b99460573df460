// native/os/dynamic_linker.h: glibc's dlopen, for files that have no name.
//
// Technical note. glibc knows an object by strings first: dlopen(S) compares S
// with the l_name of every loaded object and with the list of names it was
// opened or needed under, then S (if it has no '/') with their sonames, and
// only then opens a file, whose device and inode it compares at last. Three
// things follow.
//  - "/proc/self/fd/7" must never be used twice: after fd 7 is closed and its
//    number reused, glibc answers with the *old* library. So each load spells
//    the path in its own way (UniqueDescriptorPath), and then the descriptor
//    can be closed at once, since the mapping keeps the memory.
//  - A DT_NEEDED is satisfied without any file search by an object whose l_name
//    or soname equals it. l_name is a public field of struct link_map: renaming
//    an object for a moment makes glibc find it under any name (ScopedName).
//  - dladdr, dl_iterate_phdr and gdb show l_name, so it is set to the virtual
//    path as soon as dlopen returns. What a constructor sees is still the path
//    of the descriptor.
// A handle of glibc is its struct link_map *.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace inmem::os {

// A path of descriptor `fd` that no other call, in this process, ever gets.
std::string UniqueDescriptorPath(int fd);

// A short name, such as "@1f", that no call gets twice in this process.
std::string UniqueToken();

// dlopen(path, flags). `label` is what messages call the object.
// Errors: as ClassifyDlError.
Result<void*> OpenPath(const std::string& path, int flags,
                       const std::string& label);

// The handle of the object that the dynamic linker already has under `name` (a
// soname, a path or a needed name), else null. Borrowed: takes no reference.
void* FindLoaded(const std::string& name);

// A dlerror() text as a Status: kUndefinedSymbol, kMissingLibrary (also for a
// missing version of a host library), kLoadFailed. `path` is replaced by
// `label` in it, and a hint is added where one is known.
Status ClassifyDlError(std::string text, const std::string& path,
                       const std::string& label);

// link_map::l_name. Its old text stays allocated for ever: a Dl_info that
// somebody got from dladdr may point to it.
std::string Name(void* handle);
void SetName(void* handle, std::string_view name);

// The address at which the object was mapped (link_map::l_addr).
const void* LoadBias(void* handle);

// DT_SONAME of the object that this code is in: the addon, whose soname is that
// of libpython. Nothing else of that name must come into the process. "" where
// it has none (a program).
std::string_view OwnSoname();

// Path of the object that is mapped at this address, as the dynamic linker
// names it; the executable's own path for it. "" where there is none.
std::string ObjectAt(std::uintptr_t address);

// Gives the object another name as long as this lives.
class ScopedName {
 public:
  ScopedName(void* handle, std::string_view name);
  ~ScopedName();
  ScopedName(ScopedName&& other) noexcept;
  ScopedName(const ScopedName&) = delete;
  ScopedName& operator=(const ScopedName&) = delete;
  ScopedName& operator=(ScopedName&&) = delete;

 private:
  void* handle_;
  char* old_name_;
};

}  // namespace inmem::os
