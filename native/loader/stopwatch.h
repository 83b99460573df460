// native/loader/stopwatch.h: adds the time it lives to a sum.
#pragma once

#include <chrono>

namespace inmem::loader {

class Stopwatch {
 public:
  explicit Stopwatch(double& milliseconds)
      : milliseconds_(milliseconds), start_(std::chrono::steady_clock::now()) {}
  ~Stopwatch() {
    milliseconds_ += std::chrono::duration<double, std::milli>(
                         std::chrono::steady_clock::now() - start_)
                         .count();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& milliseconds_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace inmem::loader
