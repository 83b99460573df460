// native/os/memfd.h: anonymous memory files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "os/unique_fd.h"

namespace inmem::os {

// The kernel's limit for the name of a memfd (NAME_MAX less "memfd:").
inline constexpr std::size_t kMemfdNameLimitBytes = 249;

// `name` as the kernel will show it: cut to the limit, at its end.
std::string MemfdName(std::string_view name);

// An empty, sealable memfd; `name` is what /proc/self/maps shows after
// "/memfd:" and needs not be unique. Errors: kMemfd, with what the kernel's
// answer means.
Result<UniqueFd> CreateMemfd(std::string_view name);

// What memfd_create's errno means and what to do: "; ..." or "".
std::string_view MemfdAdvice(int error);

// Makes the file that long; what is new reads as zeros.
// Errors: kMemfd, with `label` in the message.
Status SetSize(int fd, std::uint64_t size_bytes, const std::string& label);

// Writes all of `bytes` from `offset_bytes` on; the file's position stays.
// Errors: kMemfd (no memory, sealed), with `label` in the message.
Status WriteAll(int fd, std::uint64_t offset_bytes,
                std::span<const std::byte> bytes, const std::string& label);

// The same of `pieces`, one after another, in as few calls as there can be.
Status WriteAll(int fd, std::uint64_t offset_bytes,
                std::span<const std::span<const std::byte>> pieces,
                const std::string& label);

// From now on nobody can change the contents or the size, nor the seals: text
// pages of a running library that were not read yet come from this file.
// Private mappings, which are the dynamic linker's, stay writable.
// Errors: kMemfd, with `label` in the message.
Status Seal(int fd, const std::string& label);

// Whether it is a memory file to which that was done, by whomever.
bool IsSealed(int fd);

}  // namespace inmem::os
