// native/os/dynamic_linker.cc: glibc's dlopen, for files that have no name.
#include "os/dynamic_linker.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

// The addon is linked with --wrap=dlopen,dlerror: plain calls from here would
// come back to the loader. Unit tests are linked without; then these are null.
extern "C" {
void* __real_dlopen(const char* path, int flags) __attribute__((weak));
char* __real_dlerror() __attribute__((weak));
}

namespace inmem::os {
namespace {

void* RealDlopen(const char* path, int flags) {
  return __real_dlopen != nullptr ? __real_dlopen(path, flags)
                                  : ::dlopen(path, flags);
}

const char* RealDlerror() {
  return __real_dlerror != nullptr ? __real_dlerror() : ::dlerror();
}

// Names that are no longer any object's. Reachable from here, so that leak
// checkers see that this is meant.
void KeepForEver(char* name) {
  static std::mutex mutex;
  static auto& names = *new std::vector<char*>;
  const std::lock_guard lock(mutex);
  names.push_back(name);
}

// By malloc: glibc frees l_name should the object ever be unloaded.
char* MallocCopy(std::string_view text) {
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) return nullptr;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

// The number in binary, "/" for 0 and "/." for 1; the kernel ignores both.
void AppendBits(std::string& path, std::uint64_t number) {
  for (; number != 0; number >>= 1) path += (number & 1) != 0 ? "/." : "/";
}

}  // namespace

std::string UniqueDescriptorPath(int fd) {
  static std::atomic<std::uint64_t> counter{0};
  std::string path = "/proc/self/fd";
  // The counter alone would do, but a process may hold a second copy of this
  // code (two versions of the addon). The kernel's counter of memfd inodes
  // tells those apart.
  // Past fstat, which would first look whether it is a virtual file
  // (native/files): the kernel's struct is the C library's on both machines.
  struct stat info = {};
  if (::syscall(SYS_fstat, fd, &info) == 0) AppendBits(path, info.st_ino);
  AppendBits(path, ++counter);
  return path + "/" + std::to_string(fd);
}

std::string UniqueToken() {
  static std::atomic<std::uint64_t> counter{0};
  char digits[16];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, ++counter, 16).ptr;
  std::string token = "@";
  return token.append(digits, end);
}

Result<void*> OpenPath(const std::string& path, int flags,
                       const std::string& label) {
  void* handle = RealDlopen(path.c_str(), flags);
  if (handle != nullptr) return handle;
  const char* text = RealDlerror();
  // RTLD_NOLOAD of what is not loaded fails without a text.
  return ClassifyDlError(text != nullptr ? text : "not loaded", path, label);
}

void* FindLoaded(const std::string& name) {
  void* handle = RealDlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (handle != nullptr) {
    ::dlclose(handle);  // gives the reference back
  } else {
    RealDlerror();  // forget the text
  }
  return handle;
}

std::string Name(void* handle) {
  const char* name = static_cast<link_map*>(handle)->l_name;
  return name != nullptr ? name : "";
}

void SetName(void* handle, std::string_view name) {
  char* copy = MallocCopy(name);
  if (copy == nullptr) return;  // the old name is still right for glibc
  KeepForEver(std::exchange(static_cast<link_map*>(handle)->l_name, copy));
}

const void* LoadBias(void* handle) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): l_addr is an address
  return reinterpret_cast<const void*>(static_cast<link_map*>(handle)->l_addr);
}

std::string_view OwnSoname() {
  static const std::string_view soname = [] {
    Dl_info info = {};
    void* map = nullptr;
    if (::dladdr1(reinterpret_cast<const void*>(&OwnSoname), &info, &map,
                  RTLD_DL_LINKMAP) == 0) {
      return std::string_view();
    }
    const char* strings = nullptr;
    std::optional<std::uint64_t> name;
    for (const ElfW(Dyn)* entry = static_cast<link_map*>(map)->l_ld;
         entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == DT_SONAME) name = entry->d_un.d_val;
      if (entry->d_tag != DT_STRTAB) continue;
      // NOLINTNEXTLINE(performance-no-int-to-ptr): glibc has made it an address
      strings = reinterpret_cast<const char*>(entry->d_un.d_ptr);
    }
    if (strings == nullptr || !name) return std::string_view();
    return std::string_view(strings + *name);
  }();
  return soname;
}

std::string ObjectAt(std::uintptr_t address) {
  struct Search {
    std::uintptr_t address;
    std::string path;
  } search{address, ""};
  // Not dladdr: it also looks for the nearest symbol, one by one.
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        auto& wanted = *static_cast<Search*>(out);
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& phdr = info->dlpi_phdr[i];
          if (phdr.p_type != PT_LOAD) continue;
          const std::uintptr_t begin = info->dlpi_addr + phdr.p_vaddr;
          if (wanted.address - begin >= phdr.p_memsz) continue;
          wanted.path = info->dlpi_name;
          if (wanted.path.empty()) {  // the executable
            std::error_code none;
            wanted.path = std::filesystem::read_symlink("/proc/self/exe", none);
          }
          return 1;
        }
        return 0;
      },
      &search);
  return search.path;
}

ScopedName::ScopedName(void* handle, std::string_view name)
    : handle_(handle), old_name_(nullptr) {
  char* copy = MallocCopy(name);
  if (copy == nullptr) return;
  old_name_ = std::exchange(static_cast<link_map*>(handle_)->l_name, copy);
}

ScopedName::ScopedName(ScopedName&& other) noexcept
    : handle_(other.handle_),
      old_name_(std::exchange(other.old_name_, nullptr)) {}

ScopedName::~ScopedName() {
  if (old_name_ == nullptr) return;
  KeepForEver(
      std::exchange(static_cast<link_map*>(handle_)->l_name, old_name_));
}

}  // namespace inmem::os
