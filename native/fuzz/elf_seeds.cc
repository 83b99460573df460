// native/fuzz/elf_seeds.cc: small shared objects of each kind.
#include <functional>

#include "elf/debug_image.h"
#include "elf/elf_image.h"
#include "seeds.h"

namespace inmem::fuzz {
namespace {

using elf::testing::ElfImage;

std::string Made(std::uint16_t machine,
                 const std::function<void(ElfImage&)>& change) {
  ElfImage image(machine);
  change(image);
  return {reinterpret_cast<const char*>(image.bytes().data()),
          image.bytes().size()};
}

void WithoutGnuHash(ElfImage& image) { image.Remove(ElfImage::kDynGnuHash); }
void WithoutSysvHash(ElfImage& image) { image.Remove(ElfImage::kDynHash); }
void WithoutVersions(ElfImage& image) { image.RemoveVersions(); }

void WithoutAnyHash(ElfImage& image) {
  image.Remove(ElfImage::kDynGnuHash);
  image.Remove(ElfImage::kDynHash);
}

void WithTextRelocations(ElfImage& image) {
  image.dyn(ElfImage::kDynSpare) = {DT_TEXTREL, {0}};
  image.rela(ElfImage::kRelaTable).r_offset = ElfImage::kCode + 8;
}

void WithResolver(ElfImage& image) {
  image.rela(ElfImage::kRelaAddress) = {
      ElfImage::Slot(1), image.Type(R_X86_64_IRELATIVE, R_AARCH64_IRELATIVE),
      ElfImage::kCode};
}

// As patchelf leaves a file: the tables in a writable segment.
void WithWritableTables(ElfImage& image) {
  image.phdr(ElfImage::kLoadTables).p_flags |= PF_W;
}

// DT_RELASZ counts DT_JMPREL's entry.
void WithJmpRelInRela(ElfImage& image) {
  image.dyn(ElfImage::kDynRelasz).d_un.d_val += sizeof(Elf64_Rela);
  image.Remove(ElfImage::kDynFlags1);
}

void WithReadOnlyDynamic(ElfImage& image) {
  image.phdr(ElfImage::kPhdrDynamic).p_flags = PF_R;
}

}  // namespace

std::vector<std::string> ElfSeeds() {
  std::vector<std::string> seeds;
  for (const std::uint16_t machine :
       {std::uint16_t{EM_X86_64}, std::uint16_t{EM_AARCH64}}) {
    seeds.push_back(Made(machine, [](ElfImage&) {}));
    for (const auto& change :
         {WithoutGnuHash, WithoutSysvHash, WithoutAnyHash, WithoutVersions,
          WithTextRelocations, WithResolver, WithWritableTables,
          WithJmpRelInRela, WithReadOnlyDynamic}) {
      seeds.push_back(Made(machine, change));
    }
    elf::testing::DebugImage debug(machine);
    seeds.emplace_back(reinterpret_cast<const char*>(debug.bytes().data()),
                       debug.bytes().size());
  }
  return seeds;
}

}  // namespace inmem::fuzz
