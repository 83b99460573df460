// native/archive/message.cc: the one form of this layer's error messages.
#include "archive/message.h"

#include <cstddef>

#include "archive/entry_name.h"

namespace inmem::archive {

std::string Printable(std::string_view text) {
  constexpr std::size_t kMaxBytes = 200;
  constexpr std::string_view kHex = "0123456789abcdef";
  const bool cut = text.size() > kMaxBytes;
  if (cut) text = text.substr(0, kMaxBytes);
  // A cut may split a character: then its bytes are shown escaped.
  const bool utf8 = IsUtf8(text);
  std::string out;
  out.reserve(text.size());
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    const bool plain =
        byte >= 0x20 && byte != 0x7F && byte != '\\' && (byte < 0x80 || utf8);
    if (plain) {
      out += character;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  if (cut) out += "...";
  return out;
}

Status Failure(ErrorCode code, std::string_view origin, std::string_view found,
               std::string_view expected) {
  std::string message;
  message.append(origin).append(": ").append(found);
  message.append(" (expected ").append(expected).append(")");
  return {code, std::move(message)};
}

Status EntryFailure(ErrorCode code, std::string_view origin,
                    std::string_view entry, std::string_view found,
                    std::string_view expected) {
  return Failure(code, std::string(origin) + "!/" + Printable(entry), found,
                 expected);
}

std::string Hex(std::uint32_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(8, '0');
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[text.size() - 1 - i] = kDigits[(value >> (4 * i)) & 0xF];
  }
  return text;
}

Status OfEntry(const Status& status, std::string_view origin,
               std::string_view entry) {
  std::string prefix(origin);
  prefix += ": ";
  if (!status.message().starts_with(prefix)) return status;
  std::string text(origin);
  text += "!/" + Printable(entry) + ": ";
  text += status.message().substr(prefix.size());
  return {status.code(), text};
}

}  // namespace inmem::archive
