// native/loader/constructors.h: DT_INIT and DT_INIT_ARRAY, run by us.
// Private to the layer.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "elf/elf_file.h"

namespace inmem::loader {

// Runs them as the dynamic linker would: DT_INIT, then the array in order, with
// (argc, argv, envp). The destructors stay with the dynamic linker, which runs
// them when the process ends.
// Takes: the object's l_addr; `label` for messages.
// Errors: kLoadFailed where one throws. From disk that ends the process, since
// nothing between it and main() catches; the object stays half constructed, so
// it is not to be used.
Status RunConstructors(const elf::Constructors& constructors,
                       std::uintptr_t base, const std::string& label);

}  // namespace inmem::loader
