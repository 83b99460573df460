// native/interpreter/run_job.h: a job, handed to python/inmem/_run.py.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "interpreter/job.h"

namespace inmem::interpreter {

// Lets interrupts through, or holds them back, as told.
using InterruptGate = std::function<void(bool open)>;

// Runs the program of `points[0]`, with the others on its path. `gate` is open
// while code of the program runs.
// Gives its outcome, and in `keep` the mount points that modules still need.
// REQUIRES: the GIL, on Python's main thread.
Outcome RunJob(const Job& job, const std::vector<std::string>& points,
               const InterruptGate& gate, std::vector<std::string>* keep);

// Flushes sys.stdout and sys.stderr; errors are nobody's any more.
// REQUIRES: the GIL.
void FlushOutput();

}  // namespace inmem::interpreter
