// native/fuzz/archive_fuzz.h: libFuzzer's entry for the archive layer.
#pragma once

#include <cstddef>
#include <cstdint>

// Opens `size` bytes at `data` as an archive, in memory and as a file, and
// reads all of it. Aborts where the two differ or a promise is broken.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);
