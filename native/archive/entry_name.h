// native/archive/entry_name.h: which names an entry may have.
#pragma once

#include <cstdint>
#include <string_view>

namespace inmem::archive {

// The first rule that a name breaks.
enum class NameFault : std::uint8_t {
  kNone,
  kEmpty,
  kAbsolute,   // begins with '/'
  kParent,     // has a component ".."
  kNul,        // has a byte 0
  kBackslash,  // would be a separator on Windows
  kNotUtf8,
};

// Checks `name` (foreign). Names are nearly always short and ASCII: those are
// looked at eight bytes at a time.
[[nodiscard]] NameFault CheckName(std::string_view name);

// What was found, for a message.
[[nodiscard]] std::string_view NameFaultText(NameFault fault);

// Whether `text` is UTF-8 as RFC 3629 has it: shortest forms only, no
// surrogates, nothing above U+10FFFF.
[[nodiscard]] bool IsUtf8(std::string_view text);

}  // namespace inmem::archive
