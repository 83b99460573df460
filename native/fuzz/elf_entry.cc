// native/fuzz/elf_entry.cc: libFuzzer's mutator for shared objects.
#include <cstring>
#include <random>
#include <string>

#include "elf_mutator.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                        std::size_t max_size);

// Half by fields, half by libFuzzer's own means.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t max_size,
                                               unsigned int seed) {
  std::mt19937_64 random(seed);
  if (size == 0 || random() % 2 == 0) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  std::string bytes(reinterpret_cast<const char*>(data), size);
  inmem::fuzz::MutateElf(bytes, random);
  std::memcpy(data, bytes.data(), size);
  return size;
}
