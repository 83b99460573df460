// native/fuzz/linker_model.h: what ld.so does with an object, step by step.
//
// Reads the bytes as glibc's dl-load.c, dl-version.c, dl-lookup.c and
// dynamic-link.h do, without any help of the elf layer, and aborts where they
// would read or write outside of what is mapped, or fail an assertion. Whatever
// the elf layer lets pass must go through.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "require.h"

namespace inmem::fuzz {

// Newer than some elf.h.
inline constexpr std::int64_t kRelrsz = 35;
inline constexpr std::int64_t kRelr = 36;
inline constexpr std::int64_t kRelrent = 37;

class LinkerModel {
 public:
  // Maps the segments; false where they span more than a fuzzer should hold.
  bool Map(std::span<const std::byte> file);
  // All that dlopen does after that, but for looking into other objects.
  void Load();
  // The index of what do_lookup_x would take for a reference to be called;
  // nullopt for nothing.
  std::optional<std::uint32_t> Find(const std::string& name,
                                    const std::string& version,
                                    bool version_hidden) const;
  std::uint64_t symbols_met() const { return symbols_met_; }

 private:
  struct Version {
    std::string name;
    bool hidden = false;
  };
  struct Lookup {
    const std::string& name;
    const std::string& version;
    bool version_hidden;
    int fallbacks = 0;
    std::uint32_t fallback = 0;
  };

  void MapSegment(const Elf64_Phdr& phdr);
  void Access(std::uint64_t address, std::uint64_t size,
              std::uint8_t any_of) const;
  template <typename T>
  T Read(std::uint64_t address) const {
    Access(address, sizeof(T), PF_R | PF_W);
    T value;
    std::memcpy(&value, &image_[address - start_], sizeof value);
    return value;
  }
  std::string ReadString(std::uint64_t offset) const;
  void Write(std::uint64_t address, std::uint64_t size);
  std::uint64_t Tag(std::int64_t tag) const;
  bool Has(std::int64_t tag) const { return info_.contains(tag); }

  void ReadDynamic();
  void ReadProperties() const;
  void SetupHash();
  void ReadVersions();
  std::string VersionName(std::uint32_t hash, std::uint32_t offset) const;
  void ReadVerneed(std::uint64_t address);
  void ReadVerdef(std::uint64_t address);
  Version& VersionAt(std::uint16_t index);
  void Relocate();
  void RelocateRange(std::uint64_t start, std::uint64_t size,
                     std::uint64_t relative);
  void RelocateOne(const Elf64_Rela& rela);
  void RelocateRelr();
  void CallAll(std::int64_t call, std::int64_t array, std::int64_t size) const;
  bool CheckMatch(std::uint32_t symbol, Lookup& lookup) const;

  std::span<const std::byte> file_;
  Elf64_Ehdr ehdr_{};
  std::vector<Elf64_Phdr> phdrs_;
  std::uint64_t start_ = 0;
  std::vector<std::byte> image_;
  std::vector<std::uint8_t> pages_;  // PF_* of each; 0 is a hole

  std::map<std::int64_t, std::uint64_t> info_;
  std::vector<Version> versions_;
  std::uint32_t nbuckets_ = 0;
  std::uint64_t bloom_ = 0, buckets_ = 0, chains_ = 0;
  std::uint32_t bloom_mask_ = 0, bloom_shift_ = 0, symoffset_ = 0;
  mutable std::uint64_t symbols_met_ = 0;
};

}  // namespace inmem::fuzz
