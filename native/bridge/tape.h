// native/bridge/tape.h: how values that are more than a scalar cross, in either
// direction: written down on one side, read on the other.
//
// A tape belongs to neither engine: it can be written without the GIL, on
// JavaScript's thread, and read on one of Python's, or the other way round.
// lib/bridge/tape-writer.ts has the same format in typed arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace inmem::bridge {

// What stands next on the tape, and the words that belong to it. A word is a
// double: counts and indices are integers below 2^53.
enum class Tag : std::uint8_t {
  kUndefined = 0,  // None in Python
  kNone = 1,       // null
  kFalse = 2,
  kTrue = 3,
  kInt = 4,         // value, |value| < 2^53
  kFloat = 5,       // value
  kBigInt = 6,      // units of text: sign and hexadecimal digits
  kText = 7,        // units of text
  kBytes = 8,       // number of the blob
  kList = 9,        // count; that many values
  kTuple = 10,      // count; that many values
  kDict = 11,       // count; that many keys, each with its value
  kSet = 12,        // count; that many values
  kFrozenSet = 13,  // count; that many values
  kHandle = 14,     // index of a Python object, its traits
  kObject = 15,     // index of a JavaScript object, its traits
  kDate = 16,       // milliseconds since 1970, UTC
  kBack = 17,       // number of a container that was begun before
  kLongText = 18,   // number of the long text; to JavaScript alone
  kNumbers = 19,    // count; that many words: items of the list or tuple around
  kBuffer = 20,     // number of the blob, its format: a letter of `struct`
  kGrid = 21,       // the same, dimensions, length of each; to JavaScript alone
};

// How many words belong to a tag on a tape to Python; `first` is the first.
inline std::size_t WordsOf(Tag tag, double first) {
  switch (tag) {
    case Tag::kUndefined:
    case Tag::kNone:
    case Tag::kFalse:
    case Tag::kTrue:
      return 0;
    case Tag::kObject:
    case Tag::kBuffer:
      return 2;
    case Tag::kNumbers:
      return first >= 0 ? 1 + static_cast<std::size_t>(first) : 1;
    default:
      return 1;
  }
}

// The same on a tape to JavaScript, whose words begin at `words`.
inline std::size_t WordsToJs(Tag tag, const double* words) {
  if (tag == Tag::kHandle) return 2;
  if (tag == Tag::kGrid) return 3 + static_cast<std::size_t>(words[2]);
  const bool has_words = WordsOf(tag, 0) != 0;
  return has_words ? WordsOf(tag, words[0]) : 0;
}

// One text, in one of the two: a byte a unit where that holds it.
struct LongText {
  std::string latin1;
  std::u16string utf16;
};

// The values of one crossing. Containers are numbered as they begin, for kBack:
// lists, tuples, dicts, sets, frozen sets.
struct Tape {
  std::vector<std::uint8_t> tags;
  std::vector<double> words;
  std::u16string text;  // all texts, one after another
  std::vector<std::vector<std::uint8_t>> blobs;
  // A slice of `text` would keep all of it alive in JavaScript.
  std::vector<LongText> long_texts;

  void Put(Tag tag) { tags.push_back(static_cast<std::uint8_t>(tag)); }
  void Put(Tag tag, double word) {
    Put(tag);
    words.push_back(word);
  }
  void Clear() {
    tags.clear();
    words.clear();
    text.clear();
    blobs.clear();
    long_texts.clear();
  }
};

}  // namespace inmem::bridge
