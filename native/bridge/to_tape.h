// native/bridge/to_tape.h: Python objects, written on a tape.
#pragma once

#include "cpython/python_setup.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "bridge/realm.h"
#include "bridge/tape.h"
#include "cpython/owned.h"

namespace inmem::bridge {

// How far values are converted that JavaScript could hold by reference.
struct Conversion {
  // Levels of list, dict, set and their like that are copied; 0: none, all of
  // them cross by reference. -1: all.
  int depth = 0;
  // toJs(): values that have a like in JavaScript are copied as well (dates,
  // enumerations, memory).
  bool deep = false;
  // What is in a container crosses by reference, tuples and frozen sets too:
  // for a walk that looks at each.
  bool one_level = false;
};

// Values of Python's that cross as such, wherever they stand: not by reference.
bool CrossesByTape(PyObject* object);

// Writes values on a tape, one after another.
// REQUIRES: the GIL; realm and tape outlive the writer.
class TapeWriter {
 public:
  TapeWriter(Realm& realm, Tape* tape, Conversion conversion = {})
      : realm_(realm), tape_(*tape), conversion_(conversion) {}

  // False with a Python exception: the tape is of no use then, and whatever was
  // sent on it has been taken back.
  bool Put(PyObject* object);

  // A tuple of these: the arguments of a call.
  bool PutTuple(PyObject* const* items, std::size_t count);

  // An object by reference, whatever it is.
  void PutHandle(PyObject* object);

 private:
  bool Put(PyObject* object, int depth);
  bool PutContainer(PyObject* object, int depth);
  bool PutItems(Tag tag, PyObject* iterable, int depth);
  bool PutBigInt(PyObject* object);
  bool PutDict(PyObject* dict, int depth);
  bool PutBack(PyObject* object);
  std::size_t PutNumbers(PyObject* const* items, std::size_t count);
  bool IsCopied(PyObject* object, int depth) const;
  // Sets `done` where the object was written; false with a Python exception.
  bool PutDeep(PyObject* object, int depth, bool* done);
  bool PutBuffer(PyObject* object, bool* done);
  bool PutOne(PyObject* object, bool* done);
  bool PutPlain(PyObject* object, int depth, bool* done);
  bool PutInt(PyObject* object);
  bool PutText(PyObject* object);
  bool PutBytes(PyObject* object);
  bool TakeBack();

  Realm& realm_;
  Tape& tape_;
  Conversion conversion_;
  std::unordered_map<PyObject*, std::size_t> begun_;
  std::vector<cpython::Owned> kept_;  // what begun_ knows by its address
  std::size_t containers_ = 0;
  std::vector<std::uint32_t> sent_;  // numbers of Python objects
};

}  // namespace inmem::bridge
