// native/loader/read_ahead.h: objects of a closure, inflated on several
// threads. Private to the layer.
//
// Technical note. What an object needs is known when it is read, so its needs
// are read at once: the first one by the thread that loads, the others here.
// Nothing else changes: objects are visited, placed and opened by one thread
// in the same order, and an error is met where it would be met without. Who
// comes for an object that no thread has begun to read reads it himself.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "loader/object_bytes.h"

namespace inmem::loader {

// Threads: one that calls the members; those that it starts itself block all
// signals, which are Node's and Python's to handle.
class ReadAhead {
 public:
  using Read = std::function<Result<ObjectBytes>()>;

  // Takes: how many threads at most, 0 for none.
  explicit ReadAhead(std::size_t threads) : limit_(threads) {}
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // As many as this process may run on beside the one that loads, at most 3:
  // beyond that memory is what is waited for.
  static std::size_t UsualThreads();

  // Whether the entry was asked for already, and is not taken yet.
  bool Has(const std::string& entry) const;
  // Asks for the entry; `read` is called once at most, and on any thread.
  // Nothing happens where too much waits to be taken.
  void Ask(const std::string& entry, std::uint64_t size_bytes, Read read);
  // What was read; waits for it. nullopt: it was not asked for, or nobody has
  // begun.
  std::optional<Result<ObjectBytes>> Take(const std::string& entry);

 private:
  struct Task {
    std::string entry;
    std::uint64_t size_bytes = 0;
    Read read;
    bool begun = false;
    std::optional<Result<ObjectBytes>> result;
  };

  void StartThread();
  static void* Enter(void* self);
  void Work();
  std::list<Task>::iterator Find(const std::string& entry);

  std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Task> tasks_;  // places stay; by when they were asked for
  std::uint64_t waiting_bytes_ = 0;
  bool ends_ = false;
  std::vector<pthread_t> threads_;
};

}  // namespace inmem::loader
