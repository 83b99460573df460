// native/fuzz/seeds.h: what fuzzers begin with, made by the tests' builders.
#pragma once

#include <string>
#include <vector>

namespace inmem::fuzz {

std::vector<std::string> ArchiveSeeds();
std::vector<std::string> TrustSeeds();
// For both targets over shared objects; no file is larger than 16 KiB.
std::vector<std::string> ElfSeeds();

}  // namespace inmem::fuzz
