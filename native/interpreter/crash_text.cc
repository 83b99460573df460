// native/interpreter/crash_text.cc: text written by a signal handler.
#include "interpreter/crash_text.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace inmem::interpreter {
namespace {

// Here and below by system calls: the addon's own read and write may lead to
// JavaScript's streams.

// Lines of a file, with a buffer on the stack; longer ones are cut.
class Lines {
 public:
  explicit Lines(const char* path) : fd_(::open(path, O_RDONLY | O_CLOEXEC)) {}
  ~Lines() {
    if (fd_ >= 0) ::close(fd_);
  }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  // False at the end. The line is overwritten by the next.
  bool Next(std::string_view& line) {
    std::size_t length = 0;
    bool any = false;
    for (char c = 0; Get(c);) {
      any = true;
      if (c == '\n') break;
      if (length < line_.size()) line_[length++] = c;
    }
    line = {line_.data(), length};
    return any;
  }

 private:
  bool Get(char& c) {
    if (at_ == end_) {
      const long got =
          fd_ < 0 ? 0
                  : ::syscall(SYS_read, fd_, buffer_.data(), buffer_.size());
      if (got <= 0) return false;
      at_ = 0;
      end_ = static_cast<std::size_t>(got);
    }
    c = buffer_[at_++];
    return true;
  }

  int fd_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::array<char, 1024> buffer_;
  std::array<char, 512> line_;
};

// Cuts a hexadecimal number and the character behind it off.
std::uintptr_t CutNumber(std::string_view& text) {
  std::uintptr_t number = 0;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c >= '0' && c <= '9') {
      number = number * 16 + static_cast<std::uintptr_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      number = number * 16 + static_cast<std::uintptr_t>(c - 'a' + 10);
    } else {
      break;
    }
  }
  return number;
}

}  // namespace

bool IsMapped(std::uintptr_t address, char permission) {
  Lines lines("/proc/self/maps");
  for (std::string_view line; lines.Next(line);) {
    const std::uintptr_t begin = CutNumber(line);
    const std::uintptr_t end = CutNumber(line);
    if (address < begin || address >= end) continue;
    return line.substr(0, 4).find(permission) != std::string_view::npos;
  }
  return false;
}

void CrashText::Flush() {
  std::size_t done = 0;
  while (done < used_) {
    const long count =
        ::syscall(SYS_write, fd_, buffer_.data() + done, used_ - done);
    if (count < 0 && errno != EINTR) break;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  used_ = 0;
}

CrashText& CrashText::Add(std::string_view text) {
  while (!text.empty()) {
    if (used_ == buffer_.size()) Flush();
    const std::size_t count = std::min(text.size(), buffer_.size() - used_);
    std::memcpy(buffer_.data() + used_, text.data(), count);
    used_ += count;
    text.remove_prefix(count);
  }
  return *this;
}

CrashText& CrashText::AddDecimal(long number) {
  std::array<char, 24> digits;
  std::size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0 && at > 0);
  return Add({digits.data() + at, digits.size() - at});
}

CrashText& CrashText::AddHexadecimal(std::uintptr_t number) {
  std::array<char, 2 * sizeof number> digits;
  std::size_t at = digits.size();
  do {
    digits[--at] = "0123456789abcdef"[number % 16];
    number /= 16;
  } while (number > 0 && at > 0);
  return Add("0x").Add({digits.data() + at, digits.size() - at});
}

CrashText& CrashText::AddHostPlace(std::uintptr_t address) {
  Lines lines("/proc/self/maps");
  std::array<char, 512> path;
  std::size_t path_length = 0;
  std::uintptr_t first = 0;  // of the mappings of `path`
  for (std::string_view line; lines.Next(line);) {
    const std::uintptr_t begin = CutNumber(line);
    const std::uintptr_t end = CutNumber(line);
    const std::size_t slash = line.find('/');
    const std::string_view name = slash == std::string_view::npos
                                      ? std::string_view()
                                      : line.substr(slash);
    // Zeroed data between the segments has no name and is the file's all the
    // same.
    if (!name.empty() && name != std::string_view(path.data(), path_length)) {
      path_length = std::min(name.size(), path.size());
      std::memcpy(path.data(), name.data(), path_length);
      first = begin;
    }
    if (address < begin || address >= end) continue;
    if (name.empty()) return Add("(no file: compiled at run time, or data)");
    return Add({path.data(), path_length})
        .Add("+")
        .AddHexadecimal(address - first);
  }
  return Add("(nothing is mapped here)");
}

}  // namespace inmem::interpreter
