// native/bridge/elements.cc: which typed array has the elements of a piece of
// Python's memory.
#include "cpython/python_setup.h"

#include "bridge/elements.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace inmem::bridge {

namespace {

constexpr std::string_view kSigned = "bhilqn";
constexpr std::string_view kUnsigned = "BHILQNPc?w";
constexpr std::string_view kFloats = "efd";

struct Typed {
  char letter;
  std::size_t unit;
};
constexpr std::array<Typed, 11> kTyped = {{{'b', 1},
                                           {'h', 2},
                                           {'i', 4},
                                           {'q', 8},
                                           {'B', 1},
                                           {'H', 2},
                                           {'I', 4},
                                           {'Q', 8},
                                           {'e', 2},
                                           {'f', 4},
                                           {'d', 8}}};

// The letter of the same kind that has this size on every machine.
char LetterOf(char letter, std::size_t unit) {
  for (const std::string_view kind : {kSigned, kUnsigned, kFloats}) {
    if (kind.find(letter) == std::string_view::npos) continue;
    for (const Typed& typed : kTyped) {
      if (typed.unit == unit && kind.find(typed.letter) != kind.npos) {
        return typed.letter;
      }
    }
  }
  return kBytes;
}

}  // namespace

Elements ElementsNamed(char letter) {
  for (const Typed& typed : kTyped) {
    if (typed.letter == letter) return {.letter = letter, .unit = typed.unit};
  }
  return {};
}

Elements ElementsOf(const Py_buffer& view) {
  std::string_view format = view.format != nullptr ? view.format : "B";
  bool is_swapped = false;
  if (!format.empty() &&
      std::string_view("@=<>!").find(format[0]) != std::string_view::npos) {
    is_swapped = format[0] == '>' || format[0] == '!';
    format.remove_prefix(1);
  }
  const bool is_complex = format.size() == 2 && format[0] == 'Z';
  if (is_complex) format.remove_prefix(1);
  const std::size_t parts = is_complex ? 2 : 1;
  const auto unit = static_cast<std::size_t>(view.itemsize) / parts;
  if (format.size() != 1 ||
      unit * parts != static_cast<std::size_t>(view.itemsize)) {
    return {};
  }
  const char letter = LetterOf(format[0], unit);
  if (letter == kBytes) return {};
  return {.letter = letter,
          .unit = unit,
          .parts = parts,
          .is_swapped = is_swapped && unit > 1};
}

void SwapBytes(void* data, std::size_t bytes, std::size_t unit) {
  auto* at = static_cast<std::uint8_t*>(data);
  for (auto* const end = at + bytes; at != end; at += unit) {
    std::reverse(at, at + unit);
  }
}

}  // namespace inmem::bridge
