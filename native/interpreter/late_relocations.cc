// native/interpreter/late_relocations.cc: OpenSSL and SQLite, relocated when
// they are first imported.
//
// cmake/late_relocations.py takes their relocations out of what the dynamic
// linker does at every start. The addon is linked with --wrap of the PyInit_*
// functions that are the only ways into these libraries, beside
// openssl_crypto.cc.
#include "cpython/python_setup.h"

#include "interpreter/late_relocations.h"

#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <span>

extern "C" {

// Where the table of them is, and how many they are: filled in after the link.
struct InmemLateRelocations {
  std::uint64_t address;
  std::uint64_t count;
};
// In .data, and read from there: the compiler must not know the zeros.
extern volatile const InmemLateRelocations inmem_late_relocations;
[[gnu::section(".data.inmem"),
  gnu::used]] volatile const InmemLateRelocations inmem_late_relocations = {0,
                                                                            0};

// The linker's name for the addon's first byte.
// NOLINTNEXTLINE(readability-identifier-naming)
extern const Elf64_Ehdr __ehdr_start [[gnu::visibility("hidden")]];

PyObject* __real_PyInit__ssl();
PyObject* __real_PyInit__hashlib();
PyObject* __real_PyInit__sqlite3();
}

namespace {

// The pages that the dynamic linker made read-only, for a while writable.
class WritableRelro {
 public:
  explicit WritableRelro(std::byte* base) {
    const auto* first =
        reinterpret_cast<const Elf64_Phdr*>(base + __ehdr_start.e_phoff);
    for (const Elf64_Phdr& segment : std::span(first, __ehdr_start.e_phnum)) {
      if (segment.p_type != PT_GNU_RELRO) continue;
      // As glibc rounds: the page that RELRO ends in stays writable.
      std::uint64_t page = static_cast<std::uint64_t>(getpagesize());
      std::uint64_t begin = segment.p_vaddr & ~(page - 1);
      std::uint64_t end = (segment.p_vaddr + segment.p_memsz) & ~(page - 1);
      begin_ = base + begin;
      size_ = end - begin;
    }
    open_ = mprotect(begin_, size_, PROT_READ | PROT_WRITE) == 0;
  }
  ~WritableRelro() {
    if (open_) mprotect(begin_, size_, PROT_READ);
  }
  WritableRelro(const WritableRelro&) = delete;
  WritableRelro& operator=(const WritableRelro&) = delete;

  bool open() const { return open_; }

 private:
  std::byte* begin_ = nullptr;
  std::size_t size_ = 0;
  bool open_ = false;
};

// False: an exception is set, and the next import tries again.
bool ReadyForImport() {
  if (inmem::interpreter::ApplyLateRelocations()) return true;
  PyErr_SetFromErrno(PyExc_OSError);
  return false;
}

}  // namespace

// Subinterpreters may come at once, each with a GIL of its own.
bool inmem::interpreter::ApplyLateRelocations() {
  static std::mutex mutex;
  static bool applied = false;
  std::lock_guard lock(mutex);
  if (applied) return true;
  auto* base =
      const_cast<std::byte*>(reinterpret_cast<const std::byte*>(&__ehdr_start));
  WritableRelro relro(base);
  if (!relro.open()) return false;
  const auto* table = reinterpret_cast<const Elf64_Rela*>(
      base + inmem_late_relocations.address);
  for (const Elf64_Rela& entry :
       std::span(table, inmem_late_relocations.count)) {
    auto value = reinterpret_cast<std::uintptr_t>(base) +
                 static_cast<std::uintptr_t>(entry.r_addend);
    std::memcpy(base + entry.r_offset, &value, sizeof value);
  }
  applied = true;
  return true;
}

extern "C" {

PyMODINIT_FUNC __wrap_PyInit__ssl() {
  return ReadyForImport() ? __real_PyInit__ssl() : nullptr;
}

PyMODINIT_FUNC __wrap_PyInit__hashlib() {
  return ReadyForImport() ? __real_PyInit__hashlib() : nullptr;
}

PyMODINIT_FUNC __wrap_PyInit__sqlite3() {
  return ReadyForImport() ? __real_PyInit__sqlite3() : nullptr;
}

}  // extern "C"
