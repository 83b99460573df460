// native/base/status.h: errors as values: Status and Result<T>.
//
// No exception crosses a layer. A Status carries a permanent code (one per
// broken rule, error_codes.def) and a message of the form
//   <origin>!/<entry>: <what was found> (expected <what>)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace inmem {

enum class ErrorCode : std::uint8_t {
  kOk = 0,
#define INMEM_ERROR(enumerator, name, meaning, remedy) enumerator,
#include "base/error_codes.def"  // NOLINT(misc-include-cleaner)
#undef INMEM_ERROR
};

// Returns the permanent name, such as "ERR_INMEM_NOT_ZIP"; "" for kOk.
[[nodiscard]] std::string_view ErrorName(ErrorCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(ErrorCode code, std::string message)
      : code_(code), message_(std::move(message)) {}

  static Status Ok() { return {}; }

  bool ok() const { return code_ == ErrorCode::kOk; }
  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  ErrorCode code_ = ErrorCode::kOk;
  std::string message_;
};

// A value or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return status;` both read well.
  // NOLINTBEGIN(google-explicit-constructor)
  Result(T value) : value_(std::move(value)) {}
  Result(Status status) : status_(std::move(status)) {}
  // NOLINTEND(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  // REQUIRES: ok().
  T& value() { return *value_; }
  const T& value() const { return *value_; }
  T Take() { return std::move(*value_); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace inmem
