// native/bridge/to_tape.cc: Python objects, written on a tape.
#include "cpython/python_setup.h"

#include "bridge/to_tape.h"

#include <cstdint>
#include <string>

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

bool IsContainer(PyObject* object) {
  return PyList_Check(object) || PyDict_Check(object) ||
         PyAnySet_Check(object) || PyTuple_Check(object);
}

}  // namespace

void TapeWriter::PutHandle(PyObject* object) {
  tape_.Put(Tag::kHandle, realm_.handles().Send(object));
  tape_.words.push_back(TraitsOf(object));
}

bool TapeWriter::PutInt(PyObject* object) {
  int overflow = 0;
  const long long small = PyLong_AsLongLongAndOverflow(object, &overflow);
  constexpr auto kLimit = static_cast<long long>(kMaxSafeInteger);
  if (overflow == 0 && small >= -kLimit && small <= kLimit) {
    tape_.Put(Tag::kInt, static_cast<double>(small));
    return true;
  }
  Owned digits = Owned::Steal(PyNumber_ToBase(object, 16));
  if (!digits) return false;
  tape_.Put(Tag::kBigInt,
            static_cast<double>(AppendUtf16(digits.get(), &tape_.text)));
  return true;
}

bool TapeWriter::PutText(PyObject* object) {
  if (static_cast<std::size_t>(PyUnicode_GET_LENGTH(object)) < kLongText) {
    tape_.Put(Tag::kText, 0);
    const std::size_t at = tape_.words.size() - 1;
    tape_.words[at] = static_cast<double>(AppendUtf16(object, &tape_.text));
    return true;
  }
  tape_.Put(Tag::kLongText, static_cast<double>(tape_.long_texts.size()));
  AppendUtf16(object, &tape_.long_texts.emplace_back());
  return true;
}

bool TapeWriter::PutBytes(PyObject* object) {
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
  const bool is_value =
      PyTuple_CheckExact(object) || PyFrozenSet_CheckExact(object);
  if (is_value || (depth != 0 && IsContainer(object))) {
    if (Py_EnterRecursiveCall(" while a value is converted for JavaScript") !=
        0) {
      return false;
    }
    const bool done = PutContainer(object, depth);
    Py_LeaveRecursiveCall();
    return done;
  }
  if (PutJsObject(realm_, object, &tape_)) return true;
  PutHandle(object);
  return true;
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
  const int below = depth > 0 ? depth - 1 : depth;
  if (PyDict_Check(object)) return PutDict(object, below);
  Tag tag = Tag::kList;
  if (PyTuple_Check(object)) tag = Tag::kTuple;
  if (PyAnySet_Check(object)) tag = Tag::kSet;
  if (PyFrozenSet_Check(object)) tag = Tag::kFrozenSet;
  return PutItems(tag, object,
                  tag == Tag::kTuple || tag == Tag::kFrozenSet ? depth : below);
}

// The items as they are now: converting one may run code that changes it.
bool TapeWriter::PutItems(Tag tag, PyObject* iterable, int depth) {
  Owned items = Owned::Steal(PySequence_Tuple(iterable));
  if (!items) return false;
  const Py_ssize_t count = PyTuple_GET_SIZE(items.get());
  tape_.Put(tag, static_cast<double>(count));
  for (Py_ssize_t i = 0; i < count; ++i) {
    if (!Put(PyTuple_GET_ITEM(items.get(), i), depth)) return false;
  }
  return true;
}

bool TapeWriter::PutDict(PyObject* dict, int depth) {
  Owned items = Owned::Steal(PyDict_Items(dict));
  if (!items) return false;
  const Py_ssize_t count = PyList_GET_SIZE(items.get());
  tape_.Put(Tag::kDict, static_cast<double>(count));
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* pair = PyList_GET_ITEM(items.get(), i);
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
