// native/fuzz/elf_target.h: what both targets over shared objects check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "elf/elf_file.h"

namespace inmem::fuzz {

// The machine that the bytes claim, of those we know.
std::uint16_t MachineOf(std::span<const std::byte> bytes);

// Aborts where an error is not of the layer's form.
void CheckElfError(const Status& status);

// Asks all that the layer answers; aborts where a promise is broken.
void CheckElf(const elf::ElfFile& file);

}  // namespace inmem::fuzz
