// native/fuzz/json_model.cc: RFC 8259 once more, to hold JsonReader against.
//
// Takes nothing from the trust layer.
#include "json_model.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace inmem::fuzz {
namespace {

constexpr std::size_t kDeepest = 64;

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // What is open is kept as brackets, so nothing recurses.
  bool Accepts() {
    std::vector<char> open;
    bool wants_value = true;
    for (;;) {
      Space();
      if (wants_value) {
        if (Take('{') || Take('[')) {
          open.push_back(text_[at_ - 1]);
          if (open.size() > kDeepest) return false;
          Space();
          if (Take(Closing(open.back()))) {
            open.pop_back();
            wants_value = false;
          } else if (open.back() == '{' && !Name()) {
            return false;
          }
          continue;
        }
        if (!Scalar()) return false;
        wants_value = false;
        continue;
      }
      if (open.empty()) return at_ == text_.size();
      if (Take(Closing(open.back()))) {
        open.pop_back();
        continue;
      }
      if (!Take(',')) return false;
      if (open.back() == '{' && !Name()) return false;
      wants_value = true;
    }
  }

 private:
  static char Closing(char bracket) { return bracket == '{' ? '}' : ']'; }

  bool Take(char wanted) {
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  bool Take(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    at_ += wanted.size();
    return true;
  }

  void Space() {
    while (Take(' ') || Take('\t') || Take('\r') || Take('\n')) {
    }
  }

  bool Name() {
    Space();
    if (!String()) return false;
    Space();
    return Take(':');
  }

  bool Scalar() {
    if (at_ < text_.size() && text_[at_] == '"') return String();
    return Take("true") || Take("false") || Take("null") || Number();
  }

  bool Digit() {
    if (at_ >= text_.size() || text_[at_] < '0' || text_[at_] > '9') {
      return false;
    }
    ++at_;
    return true;
  }

  bool Digits() {
    if (!Digit()) return false;
    while (Digit()) {
    }
    return true;
  }

  bool Number() {
    Take('-');
    if (!Take('0') && !Digits()) return false;
    if (Take('.') && !Digits()) return false;
    if (!Take('e') && !Take('E')) return true;
    if (!Take('+')) Take('-');
    return Digits();
  }

  bool String() {
    if (!Take('"')) return false;
    while (at_ < text_.size()) {
      const auto byte = static_cast<unsigned char>(text_[at_++]);
      if (byte == '"') return true;
      if (byte < 0x20) return false;
      if (byte == '\\' && !Escape()) return false;
    }
    return false;
  }

  bool Escape() {
    for (const char letter : std::string_view("\"\\/bfnrt")) {
      if (Take(letter)) return true;
    }
    const auto first = Unit();
    if (!first) return false;
    if (*first < 0xD800 || *first > 0xDFFF) return true;
    if (*first > 0xDBFF || !Take('\\')) return false;
    const auto second = Unit();
    return second && *second >= 0xDC00 && *second <= 0xDFFF;
  }

  std::optional<unsigned> Unit() {
    if (!Take('u') || text_.size() - at_ < 4) return std::nullopt;
    const std::string digits(text_.substr(at_, 4));
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) {
      return std::nullopt;
    }
    at_ += 4;
    return static_cast<unsigned>(std::stoul(digits, nullptr, 16));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool IsJson(std::string_view text) { return Scanner(text).Accepts(); }

}  // namespace inmem::fuzz
