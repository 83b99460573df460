// native/fuzz/require.h: promises that the targets hold a layer to.
#pragma once

#include <cstdlib>
#include <string>

#include "base/status.h"

namespace inmem::fuzz {

inline void Require(bool holds) {
  if (!holds) std::abort();
}

// That it is an error, in words that tell of the object (all are called "fuzz")
// and of what was expected.
inline void RequireError(const Status& status) {
  Require(status.code() != ErrorCode::kOk);
  Require(status.message().starts_with("fuzz"));
  Require(status.message().find(" (expected ") != std::string::npos);
}

}  // namespace inmem::fuzz
