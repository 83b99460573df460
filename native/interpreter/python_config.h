// native/interpreter/python_config.h: how CPython is configured and started.
#pragma once

#include "cpython/python_setup.h"

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace inmem::interpreter {

// Our builtin modules and our frozen ones; the first that is imported has the
// stdlib mounted. Once, before either way to start Python.
Status PrepareImports();

// Starts Python inside Node: isolated, UTF-8, path-less, no signal handlers.
// Gives with the GIL held. `executable` is the launcher (sys.executable).
// Errors: kInterpreter.
Status StartEmbedded(const std::string& executable);

// Starts Python as the program `python` would, from its arguments; `bundles`
// come first on sys.path. Gives the exit status when Python must not run on
// (--version, a wrong option), else -1 with the GIL held. `prepare` hears of
// the script's absolute path ("": there is none) before Python starts, and
// gives sys.prefix ("": as without bundles). Errors: kInterpreter, prepare's.
Result<int> StartProgram(
    const std::string& executable, const std::vector<std::string>& bundles,
    int argc, char** argv,
    const std::function<Result<std::string>(const std::string& script)>&
        prepare);

}  // namespace inmem::interpreter
