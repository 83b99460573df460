// native/bridge/to_tape.cc: Python objects, written on a tape.
#include "cpython/python_setup.h"

#include "bridge/to_tape.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "bridge/elements.h"
#include "bridge/interpreter.h"
#include "bridge/js_allocation.h"
#include "bridge/js_object.h"
#include "bridge/realm.h"
#include "bridge/scalars.h"
#include "bridge/tape.h"
#include "bridge/traits.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

// Shorter ones are copied by V8 where they are cut out; a longer one would be a
// view that keeps the whole text.
constexpr std::size_t kLongText = 13;
// Of bytes, whatever the version of V8 would take.
constexpr Py_ssize_t kMaxBytes = Py_ssize_t{1} << 32;

// So many numbers one after another are worth a tag of their own.
constexpr std::size_t kShortestRun = 4;

// A number to JavaScript too. No exception is set.
bool NumberOf(PyObject* object, double* number) {
  if (PyFloat_CheckExact(object)) {
    *number = PyFloat_AS_DOUBLE(object);
    return true;
  }
  if (!PyLong_CheckExact(object)) return false;
  if (PyUnstable_Long_IsCompact(reinterpret_cast<PyLongObject*>(object)) != 0) {
    *number = static_cast<double>(
        PyUnstable_Long_CompactValue(reinterpret_cast<PyLongObject*>(object)));
    return true;
  }
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
  constexpr auto kLimit = static_cast<long long>(kMaxSafeInteger);
  *number = static_cast<double>(value);
  return overflow == 0 && value >= -kLimit && value <= kLimit;
}

// V8 ends the process where an array grows beyond some 2^27.
constexpr Py_ssize_t kMaxItems = 100'000'000;

bool TooMany(Py_ssize_t count) {
  PyErr_Format(PyExc_OverflowError,
               "%zd items are more than can become JavaScript's at once (%zd)",
               count, kMaxItems);
  return false;
}

// Leave what they entered, however the function ends.
class Recursion {
 public:
  Recursion()
      : entered_(Py_EnterRecursiveCall(
                     " while a value is converted for JavaScript") == 0) {}
  ~Recursion() {
    if (entered_) Py_LeaveRecursiveCall();
  }
  Recursion(const Recursion&) = delete;
  Recursion& operator=(const Recursion&) = delete;
  bool entered() const { return entered_; }

 private:
  bool entered_;
};

struct ViewRelease {
  void operator()(Py_buffer* view) const { PyBuffer_Release(view); }
};

bool IsContainer(PyObject* object) {
  return PyList_Check(object) || PyDict_Check(object) ||
         PyAnySet_Check(object) || PyTuple_Check(object);
}

}  // namespace

// Long text as well: a tape can be refused where there is no memory for it.
bool CrossesByTape(PyObject* object) {
  return PyTuple_CheckExact(object) || PyBytes_CheckExact(object) ||
         PyFrozenSet_CheckExact(object) ||
         (PyUnicode_CheckExact(object) && IsLarge(object) &&
          Utf16Length(object) <= kMaxText);
}

void TapeWriter::PutHandle(PyObject* object) {
  sent_.push_back(realm_.handles().Send(object));
  tape_.Put(Tag::kHandle, sent_.back());
  tape_.words.push_back(TraitsOf(object));
}

bool TapeWriter::Put(PyObject* object) {
  return OrMemoryError(false, [&] { return Put(object, conversion_.depth); }) ||
         TakeBack();
}

// JavaScript will not see the tape, nor give these back. Always false, with the
// exception that is set: what goes may run code.
bool TapeWriter::TakeBack() {
  PyObject* error = PyErr_GetRaisedException();
  for (const std::uint32_t number : std::exchange(sent_, {})) {
    realm_.handles().Release(number, 1);
  }
  PyErr_SetRaisedException(error);
  return false;
}

bool TapeWriter::PutInt(PyObject* object) {
  double number = 0;
  if (NumberOf(object, &number)) {
    tape_.Put(Tag::kInt, number);
    return true;
  }
  if (PyLong_AsNativeBytes(object, nullptr, 0, 0) > kMaxBigIntBytes) {
    PutHandle(object);
    return true;
  }
  return PutBigInt(object);
}

bool TapeWriter::PutBigInt(PyObject* object) {
  Owned digits = Owned::Steal(PyNumber_ToBase(object, 16));
  if (!digits) return false;
  tape_.Put(Tag::kBigInt,
            static_cast<double>(AppendUtf16(digits.get(), &tape_.text)));
  return true;
}

bool TapeWriter::PutText(PyObject* object) {
  const std::size_t units = Utf16Length(object);
  if (units > kMaxText) {
    PutHandle(object);
    return true;
  }
  if (units < kLongText && tape_.text.size() + units <= kMaxText) {
    tape_.Put(Tag::kText, static_cast<double>(units));
    AppendUtf16(object, &tape_.text);
    return true;
  }
  tape_.Put(Tag::kLongText, static_cast<double>(tape_.long_texts.size()));
  LongText& text = tape_.long_texts.emplace_back();
  if (PyUnicode_KIND(object) == PyUnicode_1BYTE_KIND) {
    const Py_UCS1* data = PyUnicode_1BYTE_DATA(object);
    text.latin1.assign(data, data + units);
  } else {
    text.utf16.reserve(units);
    AppendUtf16(object, &text.utf16);
  }
  return true;
}

bool TapeWriter::PutBytes(PyObject* object) {
  if (PyBytes_GET_SIZE(object) > kMaxBytes) {
    PutHandle(object);
    return true;
  }
  tape_.Put(Tag::kBytes, static_cast<double>(tape_.blobs.size()));
  const auto* data =
      reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(object));
  tape_.blobs.emplace_back(data, data + PyBytes_GET_SIZE(object));
  return true;
}

bool TapeWriter::Put(PyObject* object, int depth) {
  if (PyLong_CheckExact(object)) return PutInt(object);
  if (PyFloat_CheckExact(object)) {
    tape_.Put(Tag::kFloat, PyFloat_AS_DOUBLE(object));
    return true;
  }
  if (PyUnicode_CheckExact(object)) return PutText(object);
  if (object == Py_None) {
    tape_.Put(Tag::kNone);
    return true;
  }
  if (PyBool_Check(object)) {
    tape_.Put(object == Py_True ? Tag::kTrue : Tag::kFalse);
    return true;
  }
  if (PyBytes_CheckExact(object)) return PutBytes(object);
  if (IsCopied(object, depth)) {
    const Recursion recursion;
    return recursion.entered() && PutContainer(object, depth);
  }
  if (IsJsBigInt(object)) return PutBigInt(object);
  if (PutJsObject(realm_, object, &tape_)) return true;
  if (Owned scalar = NumpyScalar(object)) return Put(scalar.get(), depth);
  bool done = false;
  if (conversion_.deep && !PutDeep(object, depth, &done)) return false;
  if (!done) PutHandle(object);
  return true;
}

bool TapeWriter::IsCopied(PyObject* object, int depth) const {
  if (depth != 0 && IsContainer(object)) return true;
  return !conversion_.one_level &&
         (PyTuple_CheckExact(object) || PyFrozenSet_CheckExact(object));
}

bool TapeWriter::PutDeep(PyObject* object, int depth, bool* done) {
  if (conversion_.one_level && depth == 0) return true;
  if (PyObject_CheckBuffer(object) != 0 && !PutBuffer(object, done)) {
    return false;
  }
  return *done || PutPlain(object, depth, done);
}

// Memory whose elements a typed array can have: a copy.
bool TapeWriter::PutBuffer(PyObject* object, bool* done) {
  Py_buffer view;
  if (PyObject_GetBuffer(object, &view, PyBUF_STRIDES | PyBUF_FORMAT) != 0) {
    PyErr_Clear();  // released, or of pointers: it stays a proxy
    return true;
  }
  std::unique_ptr<Py_buffer, ViewRelease> held(&view);
  bool copied = true;
  const Elements elements = ElementsOf(view);
  if (view.len > kMaxBytes) return true;
  if (elements.letter != kBytes && elements.parts == 1 && view.ndim > 0) {
    tape_.Put(view.ndim == 1 ? Tag::kBuffer : Tag::kGrid,
              static_cast<double>(tape_.blobs.size()));
    tape_.words.push_back(elements.letter);
    if (view.ndim > 1) {
      tape_.words.push_back(view.ndim);
      tape_.words.insert(tape_.words.end(), view.shape, view.shape + view.ndim);
    }
    auto& blob = tape_.blobs.emplace_back(static_cast<std::size_t>(view.len));
    copied = PyBuffer_ToContiguous(blob.data(), &view, view.len, 'C') == 0;
    if (elements.is_swapped) SwapBytes(blob.data(), blob.size(), elements.unit);
    *done = true;
  }
  const bool is_one = view.ndim == 0 && elements.letter != kBytes;
  held.reset();
  return is_one ? PutOne(object, done) : copied;
}

// Memory without dimensions: its one element, as Python has it.
bool TapeWriter::PutOne(PyObject* object, bool* done) {
  Owned memory = Owned::Steal(PyMemoryView_FromObject(object));
  Owned item = Owned::Steal(
      memory ? PyObject_CallMethod(memory.get(), "tolist", nullptr) : nullptr);
  if (!item && PyErr_ExceptionMatches(PyExc_NotImplementedError) != 0) {
    PyErr_Clear();  // of a format that memoryview does not read
    return true;
  }
  if (!item) return false;
  *done = true;
  return Put(item.get(), 0);
}

// What inmem._bridge makes of it: nothing (None), or what it is, and its value.
bool TapeWriter::PutPlain(PyObject* object, int depth, bool* done) {
  PyObject* plain = realm_.interpreter().plain;
  if (plain == nullptr) return true;
  Owned made = Owned::Steal(PyObject_CallOneArg(plain, object));
  if (!made) return false;
  if (!PyTuple_CheckExact(made.get()) || PyTuple_GET_SIZE(made.get()) != 2) {
    return true;
  }
  *done = true;
  PyObject* value = PyTuple_GET_ITEM(made.get(), 1);
  if (PyTuple_GET_ITEM(made.get(), 0) == Py_True) {
    tape_.Put(Tag::kDate, PyFloat_AsDouble(value));
    return true;
  }
  kept_.push_back(Owned::Borrow(value));  // its address may be kept as well
  const Recursion recursion;
  return recursion.entered() && Put(value, depth);
}

bool TapeWriter::PutBack(PyObject* object) {
  const auto found = begun_.find(object);
  if (found == begun_.end()) return false;
  tape_.Put(Tag::kBack, static_cast<double>(found->second));
  return true;
}

bool TapeWriter::PutContainer(PyObject* object, int depth) {
  if (PutBack(object)) return true;
  begun_.emplace(object, containers_++);
  kept_.push_back(Owned::Borrow(object));
  const int below = depth > 0 ? depth - 1 : depth;
  if (PyDict_Check(object)) return PutDict(object, below);
  Tag tag = Tag::kList;
  if (PyTuple_Check(object)) tag = Tag::kTuple;
  if (PyAnySet_Check(object)) tag = Tag::kSet;
  if (PyFrozenSet_Check(object)) tag = Tag::kFrozenSet;
  // What a tuple holds crosses as if it crossed alone, unless a copy is wanted.
  const bool is_value =
      PyTuple_CheckExact(object) || PyFrozenSet_CheckExact(object);
  return PutItems(tag, object, is_value && !conversion_.deep ? depth : below);
}

// The items as they are now: converting one may run code that changes it.
bool TapeWriter::PutItems(Tag tag, PyObject* iterable, int depth) {
  Owned items = Owned::Steal(PySequence_Tuple(iterable));
  if (!items) return false;
  const Py_ssize_t count = PyTuple_GET_SIZE(items.get());
  if (count > kMaxItems) return TooMany(count);
  tape_.Put(tag, static_cast<double>(count));
  PyObject* const* all = &PyTuple_GET_ITEM(items.get(), 0);
  for (Py_ssize_t i = 0; i < count;) {
    const std::size_t run =
        tag == Tag::kList || tag == Tag::kTuple
            ? PutNumbers(all + i, static_cast<std::size_t>(count - i))
            : 0;
    i += static_cast<Py_ssize_t>(run);
    if (i == count) break;
    if (!Put(all[i], depth)) return false;
    ++i;
  }
  return true;
}

// Gives how many were written: as many as stand together, 0 where too few.
std::size_t TapeWriter::PutNumbers(PyObject* const* items, std::size_t count) {
  double number = 0;
  if (count < kShortestRun) return 0;
  for (std::size_t i = 0; i < kShortestRun; ++i) {
    if (!NumberOf(items[i], &number)) return 0;
  }
  const std::size_t at = tape_.words.size();
  tape_.Put(Tag::kNumbers, 0);
  std::size_t run = 0;
  while (run < count && NumberOf(items[run], &number)) {
    tape_.words.push_back(number);
    ++run;
  }
  tape_.words[at] = static_cast<double>(run);
  return run;
}

bool TapeWriter::PutDict(PyObject* dict, int depth) {
  // A class that extends dict tells its own items: of an OrderedDict the order
  // is its own, of others what they keep elsewhere.
  Owned items = Owned::Steal(PyDict_CheckExact(dict) ? PyDict_Items(dict)
                                                     : PyMapping_Items(dict));
  if (!items) return false;
  const Py_ssize_t count = PyList_GET_SIZE(items.get());
  if (count > kMaxItems) return TooMany(count);
  tape_.Put(Tag::kDict, static_cast<double>(count));
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* pair = PyList_GET_ITEM(items.get(), i);
    if (PyTuple_Check(pair) == 0 || PyTuple_GET_SIZE(pair) != 2) {
      PyErr_Format(PyExc_TypeError, "items() of %T has %R, which is no pair",
                   dict, pair);
      return false;
    }
    if (!Put(PyTuple_GET_ITEM(pair, 0), depth) ||
        !Put(PyTuple_GET_ITEM(pair, 1), depth)) {
      return false;
    }
  }
  return true;
}

bool TapeWriter::PutTuple(PyObject* const* items, std::size_t count) {
  tape_.Put(Tag::kTuple, static_cast<double>(count));
  ++containers_;
  for (std::size_t i = 0; i < count; ++i) {
    if (!Put(items[i])) return false;
  }
  return true;
}

}  // namespace inmem::bridge
