// native/interpreter/crash_text.h: text written by a signal handler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace inmem::interpreter {

// Async-signal-safe: neither memory nor locks.
class CrashText {
 public:
  explicit CrashText(int fd) : fd_(fd) {}

  CrashText& Add(std::string_view text);
  CrashText& AddDecimal(long number);
  CrashText& AddHexadecimal(std::uintptr_t number);
  // The file that /proc/self/maps shows at this address and the distance from
  // where its mappings begin; or that there is none.
  CrashText& AddHostPlace(std::uintptr_t address);
  void Flush();

 private:
  int fd_;
  std::size_t used_ = 0;
  std::array<char, 1024> buffer_;
};

// Whether /proc/self/maps allows `permission`, 'r' or 'x', at this address.
bool IsMapped(std::uintptr_t address, char permission);

}  // namespace inmem::interpreter
