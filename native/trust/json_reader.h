// native/trust/json_reader.h: RFC 8259 text, read value by value.
//
// A manifest has an object for each of ten thousand entries, of which two
// members are wanted: nothing is built of the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace inmem::trust {

// Reads forward through a text (foreign). What does not fit makes ok() false
// for good, and everything after it gives nothing. Not for several threads.
class JsonReader {
 public:
  // Borrows `text`.
  explicit JsonReader(std::string_view text) : text_(text) {}

  bool ok() const { return ok_; }
  // Where it stopped.
  std::size_t offset_bytes() const { return at_; }

  // Calls `member(name)` for each member of the object that comes next; it must
  // read the value. `name` is valid until then.
  template <typename Member>
  void Object(Member&& member) {
    if (!Enter('{')) return;
    for (bool first = true; NextItem('}', first); first = false) {
      const std::string name(String());
      if (Expect(':')) member(std::string_view(name));
    }
    --depth_;
  }

  // Valid until the next call. Lone surrogates are refused.
  std::string_view String();
  // A whole number from 0 to 2^53.
  std::uint64_t Number();
  // Any value, told to nobody.
  void Skip();
  // Nothing but space may be left.
  void End();

 private:
  bool Fail();
  void SkipSpace();
  bool Expect(char wanted);
  bool Enter(char bracket);
  bool NextItem(char end, bool first);
  bool Escape();
  bool Hex4(std::uint32_t* unit);
  void AppendUtf8(std::uint32_t point);
  void SkipNumber();
  void SkipDigits();
  void Word(std::string_view word);

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool ok_ = true;
  std::string unescaped_;
};

}  // namespace inmem::trust
