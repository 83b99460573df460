// native/bridge/to_tape.h: Python objects, written on a tape.
#pragma once

#include "cpython/python_setup.h"

#include <cstdint>
#include <unordered_map>

#include "bridge/realm.h"
#include "bridge/tape.h"

namespace inmem::bridge {

// How far values are converted that JavaScript could hold by reference.
struct Conversion {
  // Levels of list, dict, set and their like that are copied; 0: none, all of
  // them cross by reference. -1: all.
  int depth = 0;
};

// Writes values on a tape, one after another.
// REQUIRES: the GIL; realm and tape outlive the writer.
class TapeWriter {
 public:
  TapeWriter(Realm& realm, Tape* tape, Conversion conversion = {})
      : realm_(realm), tape_(*tape), conversion_(conversion) {}

  // False with a Python exception.
  bool Put(PyObject* object) { return Put(object, conversion_.depth); }

  // A tuple of these: the arguments of a call.
  bool PutTuple(PyObject* const* items, std::size_t count);

  // An object by reference, whatever it is.
  void PutHandle(PyObject* object);

 private:
  bool Put(PyObject* object, int depth);
  bool PutContainer(PyObject* object, int depth);
  bool PutItems(Tag tag, PyObject* iterable, int depth);
  bool PutDict(PyObject* dict, int depth);
  bool PutBack(PyObject* object);
  bool PutInt(PyObject* object);
  bool PutText(PyObject* object);
  bool PutBytes(PyObject* object);

  Realm& realm_;
  Tape& tape_;
  Conversion conversion_;
  std::unordered_map<PyObject*, std::size_t> begun_;
  std::size_t containers_ = 0;
};

}  // namespace inmem::bridge
