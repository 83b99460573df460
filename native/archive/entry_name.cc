// native/archive/entry_name.cc: which names an entry may have.
#include "archive/entry_name.h"

#include <cstddef>
#include <cstring>

namespace inmem::archive {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101u;
constexpr std::uint64_t kHighBits = 0x8080808080808080u;
constexpr std::uint64_t kLowBits = 0x7F7F7F7F7F7F7F7Fu;

// The high bit of each byte that is `wanted`; exact for all byte values.
constexpr std::uint64_t BytesEqual(std::uint64_t word, unsigned char wanted) {
  const std::uint64_t x = word ^ (kOnes * wanted);
  return ~(((x & kLowBits) + kLowBits) | x | kLowBits);
}

// What a scan met anywhere in a name.
struct Seen {
  std::uint64_t non_ascii = 0;
  std::uint64_t nul = 0;
  std::uint64_t backslash = 0;
  std::uint64_t double_dot = 0;
};

void ScanWord(std::uint64_t word, Seen* seen) {
  const std::uint64_t dots = BytesEqual(word, '.');
  seen->non_ascii |= word & kHighBits;
  seen->nul |= BytesEqual(word, 0);
  seen->backslash |= BytesEqual(word, '\\');
  seen->double_dot |= dots & (dots >> 8);
}

std::uint64_t LoadWord(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Words overlap by one byte, so that a pair of dots is always inside of one;
// the last word may overlap more.
Seen Scan(std::string_view name) {
  Seen seen;
  const char* at = name.data();
  if (name.size() < 8) {
    std::uint64_t word = kOnes * 'a';
    std::memcpy(&word, at, name.size());
    ScanWord(word, &seen);
    return seen;
  }
  const char* last = at + name.size() - 8;
  for (; at < last; at += 7) ScanWord(LoadWord(at), &seen);
  ScanWord(LoadWord(last), &seen);
  return seen;
}

bool HasParentComponent(std::string_view name) {
  while (true) {
    const std::size_t slash = name.find('/');
    if (name.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    name.remove_prefix(slash + 1);
  }
}

// The length of the UTF-8 sequence at the front of `text`; 0 if it is none.
std::size_t SequenceLength(std::string_view text) {
  const auto at = [text](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && at(1) < 0xA0) return 0;   // longer than needed
  if (lead == 0xED && at(1) >= 0xA0) return 0;  // surrogate
  if (lead == 0xF0 && at(1) < 0x90) return 0;   // longer than needed
  if (lead == 0xF4 && at(1) >= 0x90) return 0;  // above U+10FFFF
  return length;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

NameFault CheckName(std::string_view name) {
  if (name.empty()) return NameFault::kEmpty;
  if (name.front() == '/') return NameFault::kAbsolute;
  const Seen seen = Scan(name);
  if ((seen.non_ascii | seen.nul | seen.backslash | seen.double_dot) == 0) {
    return NameFault::kNone;
  }
  if (seen.nul != 0) return NameFault::kNul;
  if (seen.backslash != 0) return NameFault::kBackslash;
  if (seen.double_dot != 0 && HasParentComponent(name)) {
    return NameFault::kParent;
  }
  if (seen.non_ascii != 0 && !IsUtf8(name)) return NameFault::kNotUtf8;
  return NameFault::kNone;
}

std::string_view NameFaultText(NameFault fault) {
  switch (fault) {
    case NameFault::kNone:
      break;
    case NameFault::kEmpty:
      return "an empty name";
    case NameFault::kAbsolute:
      return "an absolute name";
    case NameFault::kParent:
      return "a name with the component '..'";
    case NameFault::kNul:
      return "a name with a NUL byte";
    case NameFault::kBackslash:
      return "a name with a backslash";
    case NameFault::kNotUtf8:
      return "a name that is not UTF-8";
  }
  return "a good name";
}

}  // namespace inmem::archive
