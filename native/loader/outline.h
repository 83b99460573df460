// native/loader/outline.h: an object that ld.so knows by its outline, and what
// is put over that. Private to the layer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "elf/edit_plan.h"
#include "loader/object_bytes.h"

namespace inmem::loader {

// Writes the outline (elf/outline_plan.h) into an empty file, with the edits in
// it; gives the number of bytes written.
// REQUIRES: bytes.outline is given.
// Errors: kMemfd, with `label` in the message.
Result<std::uint64_t> WriteOutline(int fd, const ObjectBytes& bytes,
                                   const std::vector<elf::Edit>& edits,
                                   const std::string& label);

// Puts the bundle's segments over the outline that ld.so has mapped at `base`,
// and makes the edits in them again. The pages of the dynamic table stay those
// that ld.so has written to, with the tags of relocations (DT_RELA and the
// like) in it again. The outline's file is emptied and sealed: nothing of it is
// in use then. Gives the number of read-only bytes mapped. Errors: kLoadFailed,
// kMemfd.
Result<std::uint64_t> FillOutline(int fd, const ObjectBytes& bytes,
                                  const std::vector<elf::Edit>& edits,
                                  std::uintptr_t base,
                                  const std::string& label);

}  // namespace inmem::loader
