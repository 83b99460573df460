// native/os/host_probe.h: what this host allows, found out by trying.
//
// A refusal is the reason in words; "" means that it works. Nothing that is
// tried stays: descriptors are closed, objects closed again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace inmem::os {

struct MemfdProbe {
  // memfd_create with no flag of policy, with MFD_ALLOW_SEALING, and with
  // MFD_NOEXEC_SEAL (Linux 6.3).
  std::string plain;
  std::string allow_sealing;
  std::string noexec_seal;
  // On a memfd as CreateMemfd gives it.
  std::string create;
  std::string seal;
  std::string map_executable;  // mmap with PROT_EXEC
  std::string load;            // dlopen of a small object, and a call into it
  // The sysctl vm.memfd_noexec; absent before Linux 6.3 or without /proc.
  std::optional<int> policy;
};

struct TmpfsProbe {
  std::string create;
  std::string load;
  bool huge_pages = false;
};

// A place for the tier `extract`.
struct PlaceProbe {
  std::string path;
  std::string obstacle;
};

struct LimitsProbe {
  // RLIMIT_NOFILE; nullopt is "unlimited". In use: 0 without /proc.
  std::optional<std::uint64_t> open_files_soft;
  std::optional<std::uint64_t> open_files_hard;
  std::uint64_t open_files_used = 0;
  // Thread-local memory that is left for libraries which want theirs at once
  // (the largest one that loads, up to kStaticTlsLimitBytes); nullopt where no
  // object can be loaded at all.
  std::optional<std::uint64_t> static_tls_bytes;
  // glibc.rtld.optional_static_tls in GLIBC_TUNABLES, glibc's own 512 if unset.
  std::uint64_t static_tls_tunable_bytes = 0;
};

inline constexpr std::uint64_t kStaticTlsLimitBytes = 64UL * 1024;

struct HostProbe {
  std::string kernel;  // "6.1.0-18-amd64"
  std::string glibc;   // "2.36"
  std::uint64_t page_bytes = 0;
  bool proc = false;  // whether /proc/self/fd is there
  // Whether a seccomp filter is on this process, and the name that a security
  // module gives it ("docker-default (enforce)"); nullopt and "" if unknown.
  std::optional<bool> seccomp_filter;
  std::string security_label;
  std::string shmem_huge_pages;  // ".../shmem_enabled": "never", "advise", ...
  MemfdProbe memfd;
  TmpfsProbe tmpfs;
  std::vector<PlaceProbe> places;
  LimitsProbe limits;
};

// Takes a few milliseconds. Threads: may be called on any.
HostProbe ProbeHost();

}  // namespace inmem::os
