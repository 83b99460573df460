// native/bridge/interpreters.h: the interpreters with a GIL of their own that
// there are.
#pragma once

#include "cpython/python_setup.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace inmem::bridge {

class Interpreter;

// Any thread, with a GIL or without: nobody waits for one while the mutex is
// held.
class Interpreters {
 public:
  static Interpreters& Get();
  static std::uint32_t NewNumber();

  void Add(std::shared_ptr<Interpreter> interpreter);
  std::shared_ptr<Interpreter> Numbered(std::uint32_t number);
  // That of this state; null: it has no bridge.
  Interpreter* Find(const PyInterpreterState* state);

  // CPython begins to take it apart: from now on no other thread may enter.
  // False: the process ends, and it stays.
  bool BeginFinish(std::uint32_t number);
  void Finished(std::uint32_t number);

  // Each that is not being taken apart stands still from now on; waits for the
  // others, too, but no longer than `limit`.
  void Park(std::chrono::milliseconds limit);

 private:
  enum class At { kRuns, kFinishes };
  struct Entry {
    std::shared_ptr<Interpreter> interpreter;
    At at = At::kRuns;
  };
  void Stop(PyInterpreterState* state);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint32_t, Entry> all_;
  bool parks_ = false;
  std::size_t stopped_ = 0;
};

}  // namespace inmem::bridge
