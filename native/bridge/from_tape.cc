// native/bridge/from_tape.cc: a tape, read into Python objects.
#include "cpython/python_setup.h"

#include "bridge/from_tape.h"

#include <datetime.h>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/realm.h"
#include "bridge/scalars.h"
#include "bridge/tape.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

// An aware datetime, UTC: as exact as the Date.
Owned DateTime(double milliseconds) {
  if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) return {};
  Owned epoch = Owned::Steal(PyDateTimeAPI->DateTime_FromDateAndTime(
      1970, 1, 1, 0, 0, 0, 0, PyDateTime_TimeZone_UTC,
      PyDateTimeAPI->DateTimeType));
  const auto whole = static_cast<long long>(milliseconds);
  constexpr long long kDay = 86'400'000;
  const long long days = (whole - (((whole % kDay) + kDay) % kDay)) / kDay;
  const long long rest = whole - (days * kDay);
  Owned delta = Owned::Steal(
      PyDelta_FromDSU(static_cast<int>(days), static_cast<int>(rest / 1000),
                      static_cast<int>(rest % 1000) * 1000));
  if (!epoch || !delta) return {};
  return Owned::Steal(PyNumber_Add(epoch.get(), delta.get()));
}

}  // namespace

Owned TapeReader::Malformed() {
  if (PyErr_Occurred() == nullptr) {
    PyErr_SetString(PyExc_SystemError, "the bridge's tape is malformed");
  }
  return {};
}

bool TapeReader::Word(double* word) {
  if (word_ >= tape_.words.size()) return false;
  *word = tape_.words[word_++];
  return true;
}

// What it counts is still to come, a tag each at least: so no count can ask
// for more memory than the tape has.
bool TapeReader::Count(std::size_t* count) {
  double word = 0;
  if (!Word(&word) || !(word >= 0) ||
      word > static_cast<double>(tape_.tags.size() - tag_)) {
    return false;
  }
  *count = static_cast<std::size_t>(word);
  return true;
}

bool TapeReader::Text(std::u16string_view* text) {
  double length = 0;
  if (!Word(&length) || !(length >= 0) ||
      length > static_cast<double>(tape_.text.size() - unit_)) {
    return false;
  }
  *text = std::u16string_view(tape_.text)
              .substr(unit_, static_cast<std::size_t>(length));
  unit_ += text->size();
  return true;
}

Owned TapeReader::Next() {
  if (tag_ >= tape_.tags.size()) return Malformed();
  const Tag tag = static_cast<Tag>(tape_.tags[tag_++]);
  if (Py_EnterRecursiveCall(" while a value of JavaScript is converted") != 0) {
    return {};
  }
  Owned value = Value(tag);
  Py_LeaveRecursiveCall();
  return value ? std::move(value) : Malformed();
}

Owned TapeReader::Value(Tag tag) {
  double word = 0;
  std::u16string_view text;
  switch (tag) {
    case Tag::kUndefined:
    case Tag::kNone:
      return Owned::Borrow(Py_None);
    case Tag::kFalse:
      return Owned::Borrow(Py_False);
    case Tag::kTrue:
      return Owned::Borrow(Py_True);
    case Tag::kInt:
      if (!Word(&word) || !IsIntegral(word)) return {};
      return Owned::Steal(PyLong_FromLongLong(static_cast<long long>(word)));
    case Tag::kFloat:
      return Word(&word) ? Owned::Steal(PyFloat_FromDouble(word)) : Owned();
    case Tag::kBigInt:
      return Text(&text) ? IntOfHex(text) : Owned();
    case Tag::kText:
      return Text(&text) ? TextToPython(text) : Owned();
    case Tag::kBytes: {
      if (!Word(&word) || !(word >= 0) ||
          word >= static_cast<double>(tape_.blobs.size())) {
        return {};
      }
      const auto& blob = tape_.blobs[static_cast<std::size_t>(word)];
      return Owned::Steal(
          PyBytes_FromStringAndSize(reinterpret_cast<const char*>(blob.data()),
                                    static_cast<Py_ssize_t>(blob.size())));
    }
    case Tag::kList:
      return List(false);
    case Tag::kTuple:
      return List(true);
    case Tag::kDict:
      return Dict();
    case Tag::kSet:
      return Set(false);
    case Tag::kFrozenSet:
      return Set(true);
    case Tag::kHandle:
      if (!Word(&word) || !(word >= 0)) return {};
      return Owned::Borrow(
          realm_.handles().Get(static_cast<std::uint32_t>(word)));
    case Tag::kObject: {
      double traits = 0;
      if (!Word(&word) || !Word(&traits) || !(word >= 0) || !(traits >= 0)) {
        return {};
      }
      return realm_.ProxyOf(static_cast<std::uint32_t>(word),
                            static_cast<std::uint32_t>(traits));
    }
    case Tag::kDate:
      return Word(&word) ? DateTime(word) : Owned();
    case Tag::kBack:
      if (!Word(&word) || !(word >= 0) ||
          word >= static_cast<double>(containers_.size())) {
        return {};
      }
      return Owned::Borrow(containers_[static_cast<std::size_t>(word)]);
    default:
      return {};
  }
}

Owned TapeReader::List(bool as_tuple) {
  std::size_t count = 0;
  if (!Count(&count)) return {};
  const auto length = static_cast<Py_ssize_t>(count);
  Owned made = Owned::Steal(as_tuple ? PyTuple_New(length) : PyList_New(0));
  if (!made) return {};
  // A tuple that is not full must not be seen: JavaScript's cycles go through
  // lists, dicts and sets.
  containers_.push_back(as_tuple ? Py_None : made.get());
  for (Py_ssize_t i = 0; i < length; ++i) {
    Owned item = Next();
    if (!item) return {};
    if (as_tuple) {
      PyTuple_SET_ITEM(made.get(), i, item.release());
    } else if (PyList_Append(made.get(), item.get()) != 0) {
      return {};
    }
  }
  return made;
}

Owned TapeReader::Dict() {
  std::size_t count = 0;
  if (!Count(&count)) return {};
  Owned made = Owned::Steal(PyDict_New());
  if (!made) return {};
  containers_.push_back(made.get());
  for (std::size_t i = 0; i < count; ++i) {
    Owned key = Next();
    Owned value = key ? Next() : Owned();
    if (!value || PyDict_SetItem(made.get(), key.get(), value.get()) != 0) {
      return {};
    }
  }
  return made;
}

Owned TapeReader::Set(bool frozen) {
  std::size_t count = 0;
  if (!Count(&count)) return {};
  Owned made =
      Owned::Steal(frozen ? PyFrozenSet_New(nullptr) : PySet_New(nullptr));
  if (!made) return {};
  containers_.push_back(made.get());
  for (std::size_t i = 0; i < count; ++i) {
    Owned item = Next();
    if (!item || PySet_Add(made.get(), item.get()) != 0) return {};
  }
  return made;
}

bool TapeReader::NextItems(std::vector<Owned>* items) {
  std::size_t count = 0;
  if (tag_ >= tape_.tags.size()) return static_cast<bool>(Malformed());
  const Tag tag = static_cast<Tag>(tape_.tags[tag_++]);
  if ((tag != Tag::kTuple && tag != Tag::kDict) || !Count(&count)) {
    return static_cast<bool>(Malformed());
  }
  containers_.push_back(Py_None);
  const std::size_t values = tag == Tag::kDict ? 2 * count : count;
  items->reserve(items->size() + values);
  for (std::size_t i = 0; i < values; ++i) {
    Owned item = Next();
    if (!item) return false;
    items->push_back(std::move(item));
  }
  return true;
}

}  // namespace inmem::bridge
