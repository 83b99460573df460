// native/interpreter/job_pipes.h: what flows between a run and JavaScript.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "interpreter/job.h"

namespace inmem::interpreter {

// The streams of the current job, one after another.
// Threads: Python's threads block here without the GIL; JavaScript's thread
// answers and never blocks. Close() and Interrupt() wake everyone.
class JobPipes {
 public:
  // Bytes that JavaScript may lag behind before a write blocks.
  static constexpr std::size_t kHighWaterBytes = 1 << 20;

  enum class Wait { kDone, kInterrupted };

  void Open(std::shared_ptr<JobHost> host);
  // JavaScript listens no more: writes vanish, reads end.
  void Close();
  bool closed() const;
  // Ends every wait with kInterrupted, once.
  void Interrupt();

  Wait Write(int fd, std::span<const std::byte> data);
  // Up to `limit_bytes`; empty at the end of input.
  Wait Read(std::size_t limit_bytes, std::vector<std::byte>* out);
  Wait RootCertificates(std::string* out);
  // Does not wait. Nothing where no job is going.
  void WantSignal(int number);
  // Does not wait. The next job's host is told where none is going.
  void SetVariable(std::string name, std::string value);

  void OutputTaken(std::size_t bytes);
  void PushInput(std::vector<std::byte> chunk);
  void EndInput();
  void PushRoots(std::string pem);

 private:
  template <typename Ready>
  Wait WaitFor(std::unique_lock<std::mutex>& lock, Ready ready);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<JobHost> host_;
  std::uint64_t interrupts_ = 0;
  std::size_t untaken_bytes_ = 0;
  std::deque<std::byte> input_;
  bool input_asked_ = false;
  bool input_ended_ = false;
  std::optional<std::string> roots_;
  std::map<std::string, std::string> variables_;  // to be told yet
};

// The pipes of the process's one current job; never destroyed.
JobPipes& CurrentPipes();

}  // namespace inmem::interpreter
