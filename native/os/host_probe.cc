// native/os/host_probe.cc: what this host allows, found out by trying.
#include "os/host_probe.h"

#include <dirent.h>
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <functional>
#include <memory>
#include <string_view>

#include "base/byte_reader.h"
#include "os/dynamic_linker.h"
#include "os/errno_text.h"
#include "os/memfd.h"
#include "os/private_folder.h"
#include "os/private_tmpfs.h"
#include "os/static_tls.h"
#include "os/tiny_object.h"
#include "os/trial.h"

#ifndef MFD_NOEXEC_SEAL  // Linux 6.3; older headers lack it
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace inmem::os {
namespace {

constexpr const char* kLabel = "the probe's object";

// The first line of a file of /proc or /sys; "" where there is none.
std::string FirstLine(const std::string& path) {
  std::ifstream stream(path);
  std::string line;
  std::getline(stream, line);
  // LSM labels end with a NUL.
  while (!line.empty() && line.back() == '\0') line.pop_back();
  return line;
}

std::optional<int> ToInt(std::string_view text) {
  int value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

// "always within_size [never] deny" -> "never".
std::string ChosenWord(const std::string& line) {
  const auto open = line.find('[');
  const auto close = line.find(']');
  if (open == std::string::npos || close == std::string::npos) return line;
  return line.substr(open + 1, close - open - 1);
}

std::optional<bool> SeccompFilter(bool proc) {
  if (!proc) return std::nullopt;
  return UnderSeccompFilter();
}

// What memfd_create does to a process that calls it: "" where it lives.
std::string MemfdEnds() {
  if (!UnderSeccompFilter()) return "";
  const int signal = SignalThatEnds(
      [](void*) { ::syscall(SYS_memfd_create, "inmem-probe", MFD_CLOEXEC); },
      nullptr);
  if (signal == 0) return "";
  std::string text = "memfd_create: " + EndedText(signal);
  return text.append(MemfdAdvice(EPERM));
}

// memfd_create with these flags: "" or why not.
std::string TryMemfd(unsigned flags) {
  const UniqueFd fd(::memfd_create("inmem-probe", MFD_CLOEXEC | flags));
  return fd.valid() ? "" : ErrnoText(errno);
}

// Loads the object that is in the file at `path`, and calls it.
std::string TryLoad(const std::string& path) {
  const auto handle = OpenPath(path, RTLD_NOW | RTLD_LOCAL, kLabel);
  if (!handle.ok()) return handle.status().message();
  const auto function =
      reinterpret_cast<int (*)()>(::dlsym(handle.value(), "inmem_probe"));
  std::string refusal;
  if (function == nullptr) {
    refusal = std::string(kLabel) + " was loaded, but its symbol is not found";
  } else if (function() != kTinyAnswer) {
    refusal = std::string(kLabel) + " was loaded, but gives a wrong answer";
  }
  ::dlclose(handle.value());
  return refusal;
}

std::string TryMapExecutable(int fd) {
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* page = ::mmap(nullptr, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
  if (page == MAP_FAILED) return ErrnoText(errno);
  ::munmap(page, size);
  return "";
}

// A sealed memfd with the object, loaded. Gives why not.
std::string LoadThroughMemfd(const std::string& object) {
  const auto fd = CreateMemfd("inmem-probe");
  if (!fd.ok()) return fd.status().message();
  const int number = fd.value().get();
  Status status = WriteAll(number, 0, AsBytes(object), kLabel);
  if (status.ok()) status = Seal(number, kLabel);
  if (!status.ok()) return status.message();
  return TryLoad(UniqueDescriptorPath(number));
}

std::string LoadThroughTmpfs(const PrivateTmpfs& tmpfs,
                             const std::string& object) {
  const std::string name = UniqueToken() + ".so";
  const auto file = tmpfs.Create(name, object.size());
  if (!file.ok()) return file.status().message();
  const Status status =
      WriteAll(file.value().get(), 0, AsBytes(object), kLabel);
  if (!status.ok()) return status.message();
  // Spelled in a way that no later mount under this descriptor's number is.
  return TryLoad(UniqueDescriptorPath(tmpfs.folder()) + "/" + name);
}

MemfdProbe ProbeMemfd() {
  MemfdProbe probe;
  probe.policy = ToInt(FirstLine("/proc/sys/vm/memfd_noexec"));
  probe.create = MemfdEnds();
  if (!probe.create.empty()) {
    probe.plain = probe.allow_sealing = probe.noexec_seal = probe.create;
    probe.seal = probe.map_executable = probe.load = probe.create;
    return probe;
  }
  probe.plain = TryMemfd(0);
  probe.allow_sealing = TryMemfd(MFD_ALLOW_SEALING);
  probe.noexec_seal = TryMemfd(MFD_NOEXEC_SEAL);
  const auto fd = CreateMemfd("inmem-probe");
  if (!fd.ok()) {
    probe.create = fd.status().message();
    probe.seal = probe.map_executable = probe.load = probe.create;
    return probe;
  }
  const int number = fd.value().get();
  Status status = WriteAll(number, 0, AsBytes(TinyObject()), kLabel);
  if (status.ok()) status = Seal(number, kLabel);
  probe.seal = status.message();
  probe.map_executable = TryMapExecutable(number);
  probe.load = TryLoad(UniqueDescriptorPath(number));
  return probe;
}

TmpfsProbe ProbeTmpfs() {
  TmpfsProbe probe;
  const auto tmpfs = PrivateTmpfs::Make();
  if (!tmpfs.ok()) {
    probe.create = probe.load = tmpfs.status().message();
    return probe;
  }
  probe.huge_pages = tmpfs.value().huge_pages();
  probe.load = LoadThroughTmpfs(tmpfs.value(), TinyObject());
  return probe;
}

std::uint64_t OpenFiles() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"),
                                                   ::closedir);
  if (folder == nullptr) return 0;
  std::uint64_t count = 0;
  while (::readdir(folder.get()) != nullptr) ++count;
  // "." and "..", and the folder's own descriptor.
  return count > 3 ? count - 3 : 0;
}

// The largest object with static TLS that loads. The dynamic linker gives the
// memory back when the object that got it last is closed.
std::uint64_t MeasureStaticTls(
    const std::function<std::string(const std::string&)>& load) {
  constexpr std::uint64_t kStep = 16;
  std::uint64_t fits = 0;
  std::uint64_t too_large = kStaticTlsLimitBytes + kStep;
  while (too_large - fits > kStep) {
    const std::uint64_t middle = (fits + too_large) / 2 / kStep * kStep;
    (load(TinyObject(middle)).empty() ? fits : too_large) = middle;
  }
  return fits;
}

std::optional<std::uint64_t> Limit(rlim_t value) {
  if (value == RLIM_INFINITY) return std::nullopt;
  return value;
}

LimitsProbe ProbeLimits(const HostProbe& host) {
  LimitsProbe probe;
  rlimit files = {};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    probe.open_files_soft = Limit(files.rlim_cur);
    probe.open_files_hard = Limit(files.rlim_max);
  }
  probe.open_files_used = OpenFiles();
  probe.static_tls_tunable_bytes = StaticTlsTunableBytes();
  if (host.memfd.load.empty()) {
    probe.static_tls_bytes = MeasureStaticTls(LoadThroughMemfd);
  } else if (host.tmpfs.load.empty()) {
    if (const auto tmpfs = PrivateTmpfs::Make(); tmpfs.ok()) {
      probe.static_tls_bytes =
          MeasureStaticTls([&tmpfs](const std::string& object) {
            return LoadThroughTmpfs(tmpfs.value(), object);
          });
    }
  }
  return probe;
}

}  // namespace

HostProbe ProbeHost() {
  HostProbe host;
  utsname names = {};
  if (::uname(&names) == 0) host.kernel = names.release;
  host.glibc = ::gnu_get_libc_version();
  host.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  host.proc = ::access("/proc/self/fd", X_OK) == 0;
  host.seccomp_filter = SeccompFilter(host.proc);
  host.security_label = FirstLine("/proc/self/attr/current");
  host.shmem_huge_pages = ChosenWord(
      FirstLine("/sys/kernel/mm/transparent_hugepage/shmem_enabled"));
  host.memfd = ProbeMemfd();
  host.tmpfs = ProbeTmpfs();
  for (const std::string& path : PrivateFolder::Places()) {
    host.places.push_back({path, PrivateFolder::Obstacle(path)});
  }
  host.limits = ProbeLimits(host);
  return host;
}

}  // namespace inmem::os
