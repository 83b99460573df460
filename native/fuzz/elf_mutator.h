// native/fuzz/elf_mutator.h: changes where a shared object's numbers stand.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace inmem::fuzz {

// Sets one to four fields of header, program headers, dynamic table or of a
// table that DT_* point to; bytes at random hit these too seldom. The size
// stays.
void MutateElf(std::string& bytes, std::mt19937_64& random);

}  // namespace inmem::fuzz
