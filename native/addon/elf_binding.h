// native/addon/elf_binding.h: facts of ELF files, for the audit; strip, for the
// bundler.
#pragma once

#include "napi/napi_setup.h"

#include <memory>

#include "archive/archive.h"

namespace inmem::addon {

// The archive's `objects(indices)`: a promise of the facts of those entries
// among them that are ELF files by their content. The entries are read in one
// of libuv's threads; several calls at once use several.
Napi::Function ObjectsFunction(Napi::Env env,
                               std::shared_ptr<const archive::Archive> archive);

void AddElfBinding(Napi::Env env, Napi::Object exports);

}  // namespace inmem::addon
