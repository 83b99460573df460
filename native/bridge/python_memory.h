// native/bridge/python_memory.h: memory of Python objects, held for JavaScript.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include <cstddef>
#include <map>
#include <memory>

namespace inmem::bridge {

class Interpreter;

// One Py_buffer, held: the exporter neither frees nor moves its memory while
// this lives. It may be destroyed on any thread, with the GIL or without.
class PythonMemory {
 public:
  // Null with a Python exception. GIL.
  static std::shared_ptr<PythonMemory> Of(PyObject* object);
  ~PythonMemory();
  PythonMemory(const PythonMemory&) = delete;
  PythonMemory& operator=(const PythonMemory&) = delete;

  const Py_buffer& view() const { return *view_; }
  // The bytes that its elements lie in, from the lowest to the highest.
  char* low() const { return low_; }
  char* high() const { return high_; }
  const Interpreter& interpreter() const { return *interpreter_; }
  // Whether a typed array with elements of so many bytes can lie over it: items
  // lie at whole numbers of these from each other, and from where they may.
  bool LiesIn(std::size_t unit) const;

 private:
  PythonMemory() = default;
  void Measure();

  std::shared_ptr<Interpreter> interpreter_;
  Py_buffer* view_ = nullptr;
  char* low_ = nullptr;
  char* high_ = nullptr;
};

// ArrayBuffers over Python's memory, of one environment: one for the same
// memory while it lives, so that what is the same in Python is the same in
// JavaScript. JavaScript's thread.
class Exports : public std::enable_shared_from_this<Exports> {
 public:
  // An ArrayBuffer that holds the memory, at `start` of it: a multiple of
  // `unit`; null where the engine allows none.
  napi_value Share(napi_env env, std::shared_ptr<PythonMemory> memory,
                   std::size_t unit, std::size_t* start);

  // JavaScript loses the memory now: the ArrayBuffer is detached. Memory that
  // transfer() has given to another one stays until V8 lets it go. GIL.
  void Take(napi_env env, napi_value buffer);

  // All of them: the interpreter ends. GIL.
  void TakeAll(napi_env env);

  // Whether anybody still has memory of this interpreter's: ArrayBuffers that
  // nobody knows, other interpreters. Any thread.
  static bool Outlive(const Interpreter& interpreter);

  // Python has let go of an ArrayBuffer's memory, which may have been Python's
  // in the first place. GIL.
  static void LetGo();

  // What keeps the memory at this address; null: it is none of Python's.
  std::shared_ptr<PythonMemory> Behind(const void* address) const;

 private:
  struct Export;
  napi_value Find(napi_env env, const PythonMemory& memory, std::size_t unit,
                  std::size_t* start) const;
  static void Finalize(napi_env env, void* data, void* hint);
  std::multimap<const char*, Export*> live_;
};

// Whether the engine lets ArrayBuffers lie over memory of others: not in
// Electron, nor with INMEM_NO_EXTERNAL_BUFFERS=1, which stands for it.
bool MayShareMemory();

}  // namespace inmem::bridge
