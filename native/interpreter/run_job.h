// native/interpreter/run_job.h: a job, handed to python/inmem/_run.py.
#pragma once

#include <string>
#include <vector>

#include "interpreter/job.h"

namespace inmem::interpreter {

// Runs the program of `points[0]`, with the others on its path.
// Gives its outcome, and in `keep` the mount points that modules still need.
// REQUIRES: the GIL, on Python's main thread.
Outcome RunJob(const Job& job, const std::vector<std::string>& points,
               std::vector<std::string>* keep);

// Flushes sys.stdout and sys.stderr; errors are nobody's any more.
// REQUIRES: the GIL.
void FlushOutput();

}  // namespace inmem::interpreter
