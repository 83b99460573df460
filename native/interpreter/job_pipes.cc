// native/interpreter/job_pipes.cc: what flows between a run and JavaScript.
#include "interpreter/job_pipes.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "interpreter/job.h"
#include "interpreter/signal_claims.h"

namespace inmem::interpreter {

constexpr std::chrono::milliseconds kLookForSignals(50);

void JobPipes::Open(std::shared_ptr<JobHost> host) {
  std::lock_guard lock(mutex_);
  host_ = std::move(host);
  untaken_bytes_ = 0;
  input_.clear();
  input_asked_ = false;
  input_ended_ = false;
  for (const auto& [name, value] : variables_) host_->PostVariable(name, value);
  variables_.clear();
}

void JobPipes::Close() {
  std::lock_guard lock(mutex_);
  host_.reset();
  changed_.notify_all();
}

bool JobPipes::closed() const {
  std::lock_guard lock(mutex_);
  return host_ == nullptr;
}

void JobPipes::Interrupt() {
  std::lock_guard lock(mutex_);
  ++interrupts_;
  changed_.notify_all();
}

template <typename Ready>
JobPipes::Wait JobPipes::WaitFor(std::unique_lock<std::mutex>& lock,
                                 Ready ready) {
  const std::uint64_t seen = interrupts_;
  const std::uint64_t signals = SignalsSeen();
  auto over = [&] {
    return host_ == nullptr || interrupts_ != seen ||
           SignalsSeen() != signals || ready();
  };
  // A signal's handler may not notify: it is looked for.
  while (AnySignalClaimed() &&
         !changed_.wait_for(lock, kLookForSignals, over)) {
  }
  changed_.wait(lock, over);
  return host_ == nullptr || ready() ? Wait::kDone : Wait::kInterrupted;
}

JobPipes::Wait JobPipes::Write(int fd, std::span<const std::byte> data) {
  std::unique_lock lock(mutex_);
  auto room = [this] { return untaken_bytes_ < kHighWaterBytes; };
  if (WaitFor(lock, room) == Wait::kInterrupted) return Wait::kInterrupted;
  if (host_ == nullptr) return Wait::kDone;
  untaken_bytes_ += data.size();
  host_->PostOutput(fd, {data.begin(), data.end()});
  return Wait::kDone;
}

JobPipes::Wait JobPipes::Read(std::size_t limit_bytes,
                              std::vector<std::byte>* out) {
  std::unique_lock lock(mutex_);
  if (input_.empty() && !input_ended_ && !input_asked_ && host_ != nullptr) {
    input_asked_ = true;
    host_->PostInputWanted();
  }
  auto ready = [this] { return !input_.empty() || input_ended_; };
  if (WaitFor(lock, ready) == Wait::kInterrupted) return Wait::kInterrupted;
  std::size_t count = std::min(limit_bytes, input_.size());
  auto end = input_.begin() + static_cast<std::ptrdiff_t>(count);
  out->assign(input_.begin(), end);
  input_.erase(input_.begin(), end);
  return Wait::kDone;
}

JobPipes::Wait JobPipes::RootCertificates(std::string* out) {
  std::unique_lock lock(mutex_);
  if (!roots_ && host_ != nullptr) host_->PostRootsWanted();
  auto ready = [this] { return roots_.has_value(); };
  if (WaitFor(lock, ready) == Wait::kInterrupted) return Wait::kInterrupted;
  *out = roots_.value_or("");
  return Wait::kDone;
}

void JobPipes::WantSignal(int number) {
  std::lock_guard lock(mutex_);
  if (host_ != nullptr) host_->PostSignalWanted(number);
}

void JobPipes::SetVariable(std::string name, std::string value) {
  std::lock_guard lock(mutex_);
  if (host_ != nullptr) {
    host_->PostVariable(std::move(name), std::move(value));
  } else {
    variables_[std::move(name)] = std::move(value);
  }
}

void JobPipes::OutputTaken(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  untaken_bytes_ -= std::min(bytes, untaken_bytes_);
  changed_.notify_all();
}

void JobPipes::PushInput(std::vector<std::byte> chunk) {
  std::lock_guard lock(mutex_);
  input_.insert(input_.end(), chunk.begin(), chunk.end());
  input_asked_ = false;
  changed_.notify_all();
}

void JobPipes::EndInput() {
  std::lock_guard lock(mutex_);
  input_ended_ = true;
  changed_.notify_all();
}

JobPipes& CurrentPipes() {
  static auto* pipes = new JobPipes();
  return *pipes;
}

void JobPipes::PushRoots(std::string pem) {
  std::lock_guard lock(mutex_);
  roots_ = std::move(pem);
  changed_.notify_all();
}

}  // namespace inmem::interpreter
