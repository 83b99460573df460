// native/fuzz/targets.h: the fuzz targets. Each aborts where a promise of its
// layer is broken; sanitizers find the rest.
#pragma once

#include <cstddef>
#include <cstdint>

// Opens `size` bytes at `data` as an archive, in memory and as a file, and
// reads all of it; both must agree.
extern "C" int FuzzArchive(const std::uint8_t* data, std::size_t size);

// The first byte tells what the others are (trust_fuzz.cc): a bundle, a
// manifest, a signature or any JSON, each held to what its reader promises.
extern "C" int FuzzTrust(const std::uint8_t* data, std::size_t size);

// Parses a shared object and asks all that ElfFile and SymbolTable answer; what
// passes goes through a model of ld.so, which must stay inside the object.
extern "C" int FuzzElf(const std::uint8_t* data, std::size_t size);

// Plans every edit and the mapping of a shared object, applies them to copies,
// and reads the copies again.
extern "C" int FuzzElfPlan(const std::uint8_t* data, std::size_t size);
