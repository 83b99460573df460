// native/files/wrap_folder.cc: opendir and all that takes what it gives.
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "files/identity.h"
#include "files/real.h"
#include "files/resolve.h"
#include "files/route.h"
#include "files/stream.h"

namespace inmem::files {
namespace {

DIR* OpenFolder(const Target& target) {
  if (target.kind != Target::Kind::kDirectory) return Fail<DIR*>(ENOTDIR);
  return GiveOut(std::make_unique<Stream>(target));
}

DIR* OpenByDescriptor(int fd) {
  const auto path = FolderPath(fd);
  if (!path) return Fail<DIR*>(ENOTDIR);
  const Target target = ResolveCovered(*path, kFollow | kFolder);
  if (!target.exists()) return Fail<DIR*>(ENOENT);
  DIR* given = OpenFolder(target);
  // From here on the descriptor is the stream's.
  if (given != nullptr) StreamOf(given)->Own(fd);
  return given;
}

using Filter = int (*)(const dirent*);
using Compare = int (*)(const dirent**, const dirent**);

class NameList {
 public:
  NameList() = default;
  NameList(const NameList&) = delete;
  NameList& operator=(const NameList&) = delete;
  ~NameList() {
    for (std::size_t i = 0; i < count_; ++i) std::free(names_[i]);
    std::free(static_cast<void*>(names_));
  }

  bool Add(const dirent* entry) {
    auto* copy = static_cast<dirent*>(std::malloc(entry->d_reclen));
    if (copy == nullptr) return false;
    std::memcpy(copy, entry, entry->d_reclen);
    auto* grown = static_cast<dirent**>(std::realloc(
        static_cast<void*>(names_), (count_ + 1) * sizeof(dirent*)));
    if (grown == nullptr) {
      std::free(copy);
      return false;
    }
    names_ = grown;
    names_[count_++] = copy;
    return true;
  }
  std::size_t count() const { return count_; }
  dirent** names() const { return names_; }
  dirent** Release() {
    count_ = 0;
    return std::exchange(names_, nullptr);
  }

 private:
  dirent** names_ = nullptr;
  std::size_t count_ = 0;
};

// scandir gives memory that its caller frees.
int ScanFolder(const Target& target, dirent*** out, Filter filter,
               Compare compare) {
  if (target.kind != Target::Kind::kDirectory) return Fail(ENOTDIR);
  Stream stream(target);
  NameList list;
  while (const dirent* entry = stream.Next()) {
    if (filter != nullptr && filter(entry) == 0) continue;
    if (!list.Add(entry)) return Fail(ENOMEM);
  }
  if (compare != nullptr && list.count() > 1) {
    std::qsort(static_cast<void*>(list.names()), list.count(), sizeof(dirent*),
               reinterpret_cast<int (*)(const void*, const void*)>(compare));
  }
  const int count = static_cast<int>(list.count());
  *out = list.Release();
  return count;
}

}  // namespace
}  // namespace inmem::files

extern "C" {

// NOLINTBEGIN(google-build-using-namespace)
using namespace inmem::files;
// NOLINTEND(google-build-using-namespace)

int __wrap_stat(const char* path, struct stat* out);
int __wrap_lstat(const char* path, struct stat* out);

DIR* __wrap_opendir(const char* path) {
  return RouteExisting(
      AT_FDCWD, path, kFollow | kFolder,
      [](int, const char* name) { return __real_opendir(name); }, OpenFolder);
}

DIR* __wrap_fdopendir(int fd) {
  DIR* real = __real_fdopendir(fd);
  if (real != nullptr || errno != ENOTDIR) return real;
  return OpenByDescriptor(fd);
}

dirent* __wrap_readdir(DIR* stream) {
  Stream* ours = StreamOf(stream);
  return ours != nullptr ? ours->Next() : __real_readdir(stream);
}
dirent64* __wrap_readdir64(DIR* stream) {
  return reinterpret_cast<dirent64*>(__wrap_readdir(stream));
}

int __wrap_readdir_r(DIR* stream, dirent* entry, dirent** result) {
  Stream* ours = StreamOf(stream);
  if (ours == nullptr) return __real_readdir_r(stream, entry, result);
  const dirent* next = ours->Next();
  // The caller's memory may end with the longest name, where no padding does.
  if (next != nullptr) {
    const std::size_t size = std::strlen(next->d_name) + 1;
    std::memcpy(entry, next, offsetof(dirent, d_name) + size);
  }
  *result = next != nullptr ? entry : nullptr;
  return 0;
}
int __wrap_readdir64_r(DIR* stream, dirent64* entry, dirent64** result) {
  return __wrap_readdir_r(stream, reinterpret_cast<dirent*>(entry),
                          reinterpret_cast<dirent**>(result));
}

void __wrap_rewinddir(DIR* stream) {
  Stream* ours = StreamOf(stream);
  if (ours != nullptr) return ours->Seek(0);
  __real_rewinddir(stream);
}
void __wrap_seekdir(DIR* stream, long position) {
  Stream* ours = StreamOf(stream);
  if (ours != nullptr) return ours->Seek(position);
  __real_seekdir(stream, position);
}
long __wrap_telldir(DIR* stream) {
  Stream* ours = StreamOf(stream);
  return ours != nullptr ? ours->Tell() : __real_telldir(stream);
}
int __wrap_closedir(DIR* stream) {
  if (StreamOf(stream) == nullptr) return __real_closedir(stream);
  TakeBack(stream).reset();
  return 0;
}
int __wrap_dirfd(DIR* stream) {
  Stream* ours = StreamOf(stream);
  return ours != nullptr ? ours->Descriptor() : __real_dirfd(stream);
}

int __wrap_scandir(const char* path, dirent*** names, Filter filter,
                   Compare compare) {
  return RouteExisting(
      AT_FDCWD, path, kFollow | kFolder,
      [&](int, const char* name) {
        return __real_scandir(name, names, filter, compare);
      },
      [&](const Target& target) {
        return ScanFolder(target, names, filter, compare);
      });
}
int __wrap_scandir64(const char* path, dirent64*** names,
                     int (*filter)(const dirent64*),
                     int (*compare)(const dirent64**, const dirent64**)) {
  return __wrap_scandir(path, reinterpret_cast<dirent***>(names),
                        reinterpret_cast<Filter>(filter),
                        reinterpret_cast<Compare>(compare));
}

// glibc's glob takes the functions that it looks at folders with.
int __wrap_glob(const char* pattern, int flags, int (*fail)(const char*, int),
                glob_t* out) {
  if (AttachedTree() == nullptr || (flags & GLOB_ALTDIRFUNC) != 0) {
    return __real_glob(pattern, flags, fail, out);
  }
  out->gl_opendir = [](const char* path) -> void* {
    return __wrap_opendir(path);
  };
  out->gl_readdir = [](void* stream) {
    return __wrap_readdir(static_cast<DIR*>(stream));
  };
  out->gl_closedir = [](void* stream) {
    __wrap_closedir(static_cast<DIR*>(stream));
  };
  out->gl_stat = [](const char* path, struct stat* info) {
    return __wrap_stat(path, info);
  };
  out->gl_lstat = [](const char* path, struct stat* info) {
    return __wrap_lstat(path, info);
  };
  const int result = __real_glob(pattern, flags | GLOB_ALTDIRFUNC, fail, out);
  out->gl_flags &= ~GLOB_ALTDIRFUNC;
  return result;
}
int __wrap_glob64(const char* pattern, int flags, int (*fail)(const char*, int),
                  glob64_t* out) {
  return __wrap_glob(pattern, flags, fail, reinterpret_cast<glob_t*>(out));
}

}  // extern "C"
