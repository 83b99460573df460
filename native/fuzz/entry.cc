// native/fuzz/entry.cc: libFuzzer's entry for the target INMEM_FUZZ_TARGET.
#include "targets.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  return INMEM_FUZZ_TARGET(data, size);
}
