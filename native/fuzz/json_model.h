// native/fuzz/json_model.h: RFC 8259 once more, to hold JsonReader against.
#pragma once

#include <string_view>

namespace inmem::fuzz {

// Whether the text is one JSON value, objects and arrays nested 64 deep at
// most. In strings, bytes from 0x80 on are taken as they are, and a lone
// surrogate is none: as json_reader.h has it. Written as the grammar stands
// there, without speed.
bool IsJson(std::string_view text);

}  // namespace inmem::fuzz
