// native/bridge/from_tape.h: a tape, read into Python objects.
#pragma once

#include "cpython/python_setup.h"

#include "bridge/realm.h"
#include "bridge/tape.h"
#include "cpython/owned.h"

namespace inmem::bridge {

// Reads values off a tape, one after another. A tape that is not well-formed is
// a SystemError, never a crash.
// REQUIRES: the GIL; the tape outlives the reader.
class TapeReader {
 public:
  TapeReader(Realm& realm, const Tape& tape) : realm_(realm), tape_(tape) {}
  // What was not read goes back to JavaScript.
  ~TapeReader();
  TapeReader(const TapeReader&) = delete;
  TapeReader& operator=(const TapeReader&) = delete;

  // The next value; null with a Python exception.
  cpython::Owned Next();

  // The next value is a tuple, or a dict: its items, for a call.
  bool NextItems(std::vector<cpython::Owned>* items);

  // The next value is a dict of keyword arguments.
  cpython::Owned NextKeywords();

 private:
  cpython::Owned Value(Tag tag);
  cpython::Owned List();
  cpython::Owned Tuple();
  cpython::Owned NumberList(std::size_t count);
  bool Items(std::size_t count, PyObject* list);
  bool IsRun(std::size_t* count);
  cpython::Owned Number();
  cpython::Owned Blob(bool as_buffer);
  cpython::Owned Dict();
  cpython::Owned Set(bool frozen);
  bool Word(double* word);
  bool Count(std::size_t* count);
  bool Text(std::u16string_view* text);
  cpython::Owned Malformed();

  Realm& realm_;
  const Tape& tape_;
  std::size_t tag_ = 0;
  std::size_t word_ = 0;
  std::size_t unit_ = 0;
  std::size_t received_ = 0;  // JavaScript objects
  // Borrowed: what holds them holds all. Null: not to be seen yet.
  std::vector<PyObject*> containers_;
};

}  // namespace inmem::bridge
