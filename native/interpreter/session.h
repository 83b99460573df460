// native/interpreter/session.h: bundles for calls from JavaScript, beside runs.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "interpreter/job.h"

namespace inmem::interpreter {

// Mounts the job's bundles and puts them on sys.path behind those of runs and
// of earlier sessions, for good; Python's arguments become the job's. Of a job
// the bundles, args, environment, policy and verification count. Gives the
// mount points. REQUIRES: Python has started. Any thread but JavaScript's,
// without the GIL. Errors: those of Bundles::Mount; kInterpreter.
Result<std::vector<std::string>> OpenSession(const Job& job);

// The same for an interpreter of its own, in two steps: the first mounts the
// bundles, without a GIL; the second has that interpreter's.
Result<std::vector<std::string>> MountSession(const Job& job);
Status ShowSession(const Job& job, const std::vector<std::string>& points);

}  // namespace inmem::interpreter
