// native/fuzz/corpus.h: inputs that once broke a promise, kept as hex text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace inmem::fuzz {

struct Finding {
  std::string name;
  std::string bytes;
};

// native/fuzz/corpus/<target>/*.hex, as scripts/house/hex-corpus.mjs writes
// them: "size BYTES", then rows of "OFFSET HEX" (both hexadecimal) for what is
// not zero; # begins a comment.
std::vector<Finding> KeptFindings(std::string_view target);

}  // namespace inmem::fuzz
