// native/bridge/from_tape.cc: a tape, read into Python objects.
#include "cpython/python_setup.h"

#include "bridge/from_tape.h"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/interpreter.h"
#include "bridge/realm.h"
#include "bridge/scalars.h"
#include "bridge/tape.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

// An aware datetime, UTC: as exact as the Date.
Owned DateTime(Interpreter& interpreter, double milliseconds) {
  PyDateTime_CAPI*& api = interpreter.datetime;
  if (api == nullptr) {
    api = static_cast<PyDateTime_CAPI*>(
        PyCapsule_Import(PyDateTime_CAPSULE_NAME, 0));
  }
  if (api == nullptr) return {};
  Owned epoch = Owned::Steal(api->DateTime_FromDateAndTime(
      1970, 1, 1, 0, 0, 0, 0, api->TimeZone_UTC, api->DateTimeType));
  const auto whole = static_cast<long long>(milliseconds);
  constexpr long long kDay = 86'400'000;
  const long long days = (whole - (((whole % kDay) + kDay) % kDay)) / kDay;
  const long long rest = whole - (days * kDay);
  Owned delta = Owned::Steal(api->Delta_FromDelta(
      static_cast<int>(days), static_cast<int>(rest / 1000),
      static_cast<int>(rest % 1000) * 1000, 1, api->DeltaType));
  if (!epoch || !delta) return {};
  return Owned::Steal(PyNumber_Add(epoch.get(), delta.get()));
}

// 1 and true differ in JavaScript alone: one would be lost.
Owned Twice(const char* what, PyObject* key) {
  PyErr_Format(PyExc_ValueError,
               "two %s would be equal in Python; the second is %R", what, key);
  return {};
}

}  // namespace

TapeReader::~TapeReader() {
  if (tag_ < tape_.tags.size()) realm_.TakeBack(tape_, received_);
}

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

// What it counts is still to come, a tag or a word each at least: so no count
// can ask for more memory than the tape has.
bool TapeReader::Count(std::size_t* count) {
  double word = 0;
  if (!Word(&word) || !(word >= 0) ||
      word > static_cast<double>(tape_.tags.size() - tag_ + tape_.words.size() -
                                 word_)) {
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
  if (Py_EnterRecursiveCall(" while a value of JavaScript is converted") != 0) {
    return {};
  }
  Owned value = Value(static_cast<Tag>(tape_.tags[tag_++]));
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
    case Tag::kBytes:
      return Blob(false);
    case Tag::kBuffer:
      return Blob(true);
    case Tag::kList:
      return List();
    case Tag::kTuple:
      return Tuple();
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
      ++received_;
      return realm_.ProxyOf(static_cast<std::uint32_t>(word),
                            static_cast<std::uint32_t>(traits));
    }
    case Tag::kDate:
      return Word(&word) ? DateTime(realm_.interpreter(), word) : Owned();
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

Owned TapeReader::Blob(bool as_buffer) {
  double word = 0;
  double format = 'B';
  if (!Word(&word) || !(word >= 0) ||
      word >= static_cast<double>(tape_.blobs.size()) ||
      (as_buffer && !Word(&format))) {
    return {};
  }
  const auto& blob = tape_.blobs[static_cast<std::size_t>(word)];
  const auto* data = reinterpret_cast<const char*>(blob.data());
  const auto size = static_cast<Py_ssize_t>(blob.size());
  if (!as_buffer) return Owned::Steal(PyBytes_FromStringAndSize(data, size));
  Owned memory = Owned::Steal(PyByteArray_FromStringAndSize(data, size));
  if (!memory) return {};
  Owned view = Owned::Steal(PyMemoryView_FromObject(memory.get()));
  if (!view || format == 'B') return view;
  return Owned::Steal(
      PyObject_CallMethod(view.get(), "cast", "C", static_cast<int>(format)));
}

// Several numbers follow at once, `count` of them.
bool TapeReader::IsRun(std::size_t* count) {
  if (tag_ >= tape_.tags.size() ||
      static_cast<Tag>(tape_.tags[tag_]) != Tag::kNumbers) {
    return false;
  }
  double word = 0;
  ++tag_;
  if (!Word(&word) || !(word >= 0) ||
      word > static_cast<double>(tape_.words.size() - word_)) {
    word = 0;  // nothing follows: told as malformed by who counts on it
  }
  *count = static_cast<std::size_t>(word);
  return true;
}

// REQUIRES: a word is left.
Owned TapeReader::Number() { return NumberToPython(tape_.words[word_++]); }

// No code runs while it is filled: nobody sees it half full.
Owned TapeReader::NumberList(std::size_t count) {
  Owned made = Owned::Steal(PyList_New(static_cast<Py_ssize_t>(count)));
  for (std::size_t i = 0; made && i < count; ++i) {
    Owned number = Number();
    if (!number) return {};
    PyList_SET_ITEM(made.get(), static_cast<Py_ssize_t>(i), number.release());
  }
  return made;
}

Owned TapeReader::List() {
  std::size_t count = 0;
  if (!Count(&count)) return {};
  const std::size_t number = containers_.size();
  containers_.push_back(nullptr);
  const std::size_t tag = tag_;
  const std::size_t word = word_;
  std::size_t run = 0;
  Owned made;
  if (IsRun(&run) && run == count) {
    made = NumberList(count);
    if (made) containers_[number] = made.get();
    return made;
  }
  tag_ = tag;
  word_ = word;
  made = Owned::Steal(PyList_New(0));
  if (!made) return {};
  containers_[number] = made.get();
  return Items(count, made.get()) ? std::move(made) : Owned();
}

// A tuple that is not full must not be seen: cycles go through lists, dicts and
// sets.
Owned TapeReader::Tuple() {
  std::size_t count = 0;
  if (!Count(&count)) return {};
  const std::size_t number = containers_.size();
  containers_.push_back(nullptr);
  Owned items = Owned::Steal(PyList_New(0));
  if (!items || !Items(count, items.get())) return {};
  Owned made = Owned::Steal(PyList_AsTuple(items.get()));
  if (made) containers_[number] = made.get();
  return made;
}

bool TapeReader::Items(std::size_t count, PyObject* list) {
  for (std::size_t i = 0; i < count;) {
    std::size_t run = 1;
    const bool is_run = IsRun(&run);
    if (run == 0 || run > count - i) return false;
    for (const std::size_t end = i + run; i < end; ++i) {
      Owned item = is_run ? Number() : Next();
      if (!item || PyList_Append(list, item.get()) != 0) return false;
    }
  }
  return true;
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
    if (PyDict_GET_SIZE(made.get()) != static_cast<Py_ssize_t>(i) + 1) {
      return Twice("keys of a dict", key.get());
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
    if (PySet_GET_SIZE(made.get()) != static_cast<Py_ssize_t>(i) + 1) {
      return Twice("items of a set", item.get());
    }
  }
  return made;
}

// In calls that Python compiled the names are interned, and C code may look for
// them by address (orjson).
Owned TapeReader::NextKeywords() {
  Owned read = Next();
  if (!read || PyDict_GET_SIZE(read.get()) == 0) return read;
  Owned keywords = Owned::Steal(PyDict_New());
  if (!keywords) return {};
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  for (Py_ssize_t at = 0; PyDict_Next(read.get(), &at, &name, &value) != 0;) {
    PyObject* interned = Py_NewRef(name);
    PyUnicode_InternInPlace(&interned);
    const Owned key = Owned::Steal(interned);
    if (PyDict_SetItem(keywords.get(), key.get(), value) < 0) return {};
  }
  return keywords;
}

bool TapeReader::NextItems(std::vector<Owned>* items) {
  std::size_t count = 0;
  if (tag_ >= tape_.tags.size()) return static_cast<bool>(Malformed());
  const Tag tag = static_cast<Tag>(tape_.tags[tag_++]);
  if ((tag != Tag::kTuple && tag != Tag::kDict) || !Count(&count)) {
    return static_cast<bool>(Malformed());
  }
  containers_.push_back(nullptr);
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
