// native/archive/message.h: the one form of this layer's error messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace inmem::archive {

// `text` (foreign) made safe to print: control characters, bytes that are not
// UTF-8 and backslashes become \xNN; what is over 200 bytes is cut.
std::string Printable(std::string_view text);

// <origin>: <found> (expected <expected>)
Status Failure(ErrorCode code, std::string_view origin, std::string_view found,
               std::string_view expected);

// <origin>!/<entry>: <found> (expected <expected>); `entry` is foreign.
Status EntryFailure(ErrorCode code, std::string_view origin,
                    std::string_view entry, std::string_view found,
                    std::string_view expected);

// Eight hexadecimal digits, as `unzip -v` prints a CRC-32.
std::string Hex(std::uint32_t value);

// An error of the source below, told of the entry that was being read.
Status OfEntry(const Status& status, std::string_view origin,
               std::string_view entry);

inline std::string Count(std::uint64_t value, std::string_view unit) {
  return std::to_string(value) + " " + std::string(unit);
}

}  // namespace inmem::archive
