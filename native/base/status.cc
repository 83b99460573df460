// native/base/status.cc: names of the error codes.
#include "base/status.h"

#include <string_view>

namespace inmem {

std::string_view ErrorName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOk:
      return "";
#define INMEM_ERROR(enumerator, name, meaning, remedy) \
  case ErrorCode::enumerator:                          \
    return name;
#include "base/error_codes.def"
#undef INMEM_ERROR
  }
  return "";
}

}  // namespace inmem
