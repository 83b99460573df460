// native/trust/json_reader.cc: RFC 8259 text, read value by value.
#include "trust/json_reader.h"

#include <algorithm>

namespace inmem::trust {
namespace {

// Deeper than any manifest; a text of '[' alone must not use up the stack.
constexpr int kDepthLimit = 64;
constexpr std::uint64_t kNumberLimit = std::uint64_t{1} << 53;

bool IsDigit(char character) { return character >= '0' && character <= '9'; }

bool EndsPlain(char character) {
  return character == '"' || character == '\\' ||
         static_cast<unsigned char>(character) < 0x20;
}

}  // namespace

bool JsonReader::Fail() {
  ok_ = false;
  return false;
}

void JsonReader::SkipSpace() {
  const std::size_t next = text_.find_first_not_of(" \t\r\n", at_);
  at_ = next == std::string_view::npos ? text_.size() : next;
}

bool JsonReader::Expect(char wanted) {
  if (!ok_) return false;
  SkipSpace();
  if (at_ >= text_.size() || text_[at_] != wanted) return Fail();
  ++at_;
  return true;
}

bool JsonReader::Enter(char bracket) {
  if (!Expect(bracket)) return false;
  return ++depth_ <= kDepthLimit || Fail();
}

// Whether another item follows; takes the comma before it, or the end.
bool JsonReader::NextItem(char end, bool first) {
  if (!ok_) return false;
  SkipSpace();
  if (at_ < text_.size() && text_[at_] == end) {
    ++at_;
    return false;
  }
  return first || Expect(',');
}

std::string_view JsonReader::String() {
  if (!Expect('"')) return {};
  const std::size_t begin = at_;
  const auto plain_end = [this] {
    return static_cast<std::size_t>(
        std::find_if(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                     text_.end(), EndsPlain) -
        text_.begin());
  };
  at_ = plain_end();
  if (at_ < text_.size() && text_[at_] == '"') {
    return text_.substr(begin, at_++ - begin);
  }
  unescaped_ = text_.substr(begin, at_ - begin);
  while (at_ < text_.size() && text_[at_] != '"') {
    if (text_[at_] != '\\' || !Escape()) {
      Fail();
      return {};
    }
    const std::size_t part = at_;
    at_ = plain_end();
    unescaped_ += text_.substr(part, at_ - part);
  }
  if (at_ >= text_.size()) {
    Fail();
    return {};
  }
  ++at_;
  return unescaped_;
}

// Takes an escape, its backslash included.
bool JsonReader::Escape() {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  ++at_;
  if (at_ >= text_.size()) return false;
  const char letter = text_[at_++];
  if (const std::size_t known = kLetters.find(letter);
      known != std::string_view::npos) {
    unescaped_ += kMeanings[known];
    return true;
  }
  std::uint32_t point = 0;
  if (letter != 'u' || !Hex4(&point)) return false;
  if (point >= 0xD800 && point < 0xE000) {
    std::uint32_t low = 0;
    if (point >= 0xDC00 || text_.substr(at_, 2) != "\\u") return false;
    at_ += 2;
    if (!Hex4(&low) || low < 0xDC00 || low >= 0xE000) return false;
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(point);
  return true;
}

bool JsonReader::Hex4(std::uint32_t* unit) {
  if (text_.size() - at_ < 4) return false;
  *unit = 0;
  for (const char digit : text_.substr(at_, 4)) {
    const char lower = static_cast<char>(digit | 0x20);
    const bool is_letter = lower >= 'a' && lower <= 'f';
    if (!IsDigit(digit) && !is_letter) return false;
    *unit = *unit << 4 | static_cast<std::uint32_t>(is_letter ? lower - 'a' + 10
                                                              : digit - '0');
  }
  at_ += 4;
  return true;
}

void JsonReader::AppendUtf8(std::uint32_t point) {
  const auto add = [this](std::uint32_t byte) {
    unescaped_ += static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      add(0xE0 | point >> 12);
    } else {
      add(0xF0 | point >> 18);
      add(0x80 | (point >> 12 & 0x3F));
    }
    add(0x80 | (point >> 6 & 0x3F));
  }
  add(0x80 | (point & 0x3F));
}

std::uint64_t JsonReader::Number() {
  if (!ok_) return 0;
  SkipSpace();
  const std::size_t begin = at_;
  std::uint64_t value = 0;
  while (at_ < text_.size() && IsDigit(text_[at_])) {
    value = value * 10 + static_cast<std::uint64_t>(text_[at_++] - '0');
    if (value > kNumberLimit) Fail();
    if (!ok_) return 0;
  }
  if (at_ == begin || (text_[begin] == '0' && at_ - begin > 1)) Fail();
  return ok_ ? value : 0;
}

void JsonReader::SkipDigits() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
  if (at_ == begin) Fail();
}

void JsonReader::SkipNumber() {
  if (text_[at_] == '-') ++at_;
  const std::size_t begin = at_;
  SkipDigits();
  if (at_ - begin > 1 && text_[begin] == '0') Fail();
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    SkipDigits();
  }
  if (at_ < text_.size() && (text_[at_] | 0x20) == 'e') {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    SkipDigits();
  }
}

void JsonReader::Word(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) {
    Fail();
    return;
  }
  at_ += word.size();
}

// Depth is bounded by kDepthLimit.
void JsonReader::Skip() {  // NOLINT(misc-no-recursion)
  if (!ok_) return;
  SkipSpace();
  switch (at_ < text_.size() ? text_[at_] : '\0') {
    case '{':
      return Object([this](std::string_view) { Skip(); });
    case '[':
      if (!Enter('[')) return;
      for (bool first = true; NextItem(']', first); first = false) Skip();
      --depth_;
      return;
    case '"':
      String();
      return;
    case 't':
      return Word("true");
    case 'f':
      return Word("false");
    case 'n':
      return Word("null");
    case '\0':
      Fail();
      return;
    default:
      return SkipNumber();
  }
}

void JsonReader::End() {
  if (!ok_) return;
  SkipSpace();
  if (at_ != text_.size()) Fail();
}

}  // namespace inmem::trust
