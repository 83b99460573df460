// native/loader/constructors.cc: DT_INIT and DT_INIT_ARRAY, run by us.
#include "loader/constructors.h"

#include <cxxabi.h>  // NOLINT(misc-include-cleaner): abi::__forced_unwind
#include <unistd.h>

#include <exception>

namespace inmem::loader {
namespace {

using Constructor = void (*)(int, char**, char**);

// What main() was given. glibc passes it to constructors, ours among them.
int g_argc = 0;
char** g_argv = nullptr;

__attribute__((constructor)) void KeepArguments(int argc, char** argv,
                                                char** /*envp*/) {
  g_argc = argc;
  g_argv = argv;
}

Status Threw(const std::string& label, const std::string& what) {
  return {ErrorCode::kLoadFailed,
          label + ": a constructor of the library threw " + what +
              " (expected it to return); the library cannot be used"};
}

Status Run(Constructor constructor, const std::string& label) {
  try {
    constructor(g_argc, g_argv, ::environ);
  } catch (const abi::__forced_unwind&) {
    throw;  // pthread_exit or cancellation: not an error, and not to be caught
  } catch (const std::exception& error) {
    return Threw(label, std::string("a C++ exception: ") + error.what());
  } catch (...) {
    return Threw(label, "a C++ exception");
  }
  return Status::Ok();
}

}  // namespace

Status RunConstructors(const elf::Constructors& constructors,
                       std::uintptr_t base, const std::string& label) {
  // NOLINTBEGIN(performance-no-int-to-ptr): addresses in a loaded object
  if (constructors.init) {
    const auto init = reinterpret_cast<Constructor>(base + *constructors.init);
    if (Status status = Run(init, label); !status.ok()) return status;
  }
  const auto* array =
      reinterpret_cast<const Constructor*>(base + constructors.array);
  // NOLINTEND(performance-no-int-to-ptr)
  for (std::uint64_t i = 0; i < constructors.array_count; ++i) {
    const auto value = reinterpret_cast<std::uintptr_t>(array[i]);
    if (value == 0 || value == UINTPTR_MAX) continue;  // as crt files mark ends
    if (Status status = Run(array[i], label); !status.ok()) return status;
  }
  return Status::Ok();
}

}  // namespace inmem::loader
