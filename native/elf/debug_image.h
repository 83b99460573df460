// native/elf/debug_image.h: ElfImage with sections, and debug sections among
// them.
//
// Test only.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "elf/elf_image.h"

namespace inmem::elf::testing {

class DebugImage {
 public:
  // Indexes of sections. `.moved` lies behind what goes and is loaded.
  enum Section {
    kNull,
    kDynstr,
    kDynsym,
    kDebugInfo,
    kSymtab,
    kStrtab,
    kRelaDebug,
    kComment,
    kMoved,
    kShstrtab,
    kCount
  };

  static constexpr std::uint64_t kDebugBytes = 0x1123;
  static constexpr std::string_view kMovedText = "as patchelf leaves it";

  explicit DebugImage(std::uint16_t machine = EM_X86_64)
      : bytes_(ElfImage(machine).bytes()) {
    Add(kDynstr, ".dynstr", SHT_STRTAB, SHF_ALLOC, ElfImage::kStrings,
        ElfImage::kText.size());
    Add(kDynsym, ".dynsym", SHT_DYNSYM, SHF_ALLOC, ElfImage::kSymbols,
        ElfImage::kSymCount * sizeof(Elf64_Sym));
    section(kDynsym).sh_link = kDynstr;
    Append(kDebugInfo, ".debug_info", SHT_PROGBITS,
           std::string(kDebugBytes, 'd'));
    Append(kSymtab, ".symtab", SHT_SYMTAB,
           std::string(2 * sizeof(Elf64_Sym), '\0'));
    section(kSymtab).sh_link = kStrtab;
    Append(kStrtab, ".strtab", SHT_STRTAB, std::string("\0full_name", 10));
    Append(kRelaDebug, ".rela.debug_info", SHT_RELA,
           std::string(sizeof(Elf64_Rela), '\0'));
    section(kRelaDebug).sh_link = kSymtab;
    section(kRelaDebug).sh_info = kDebugInfo;
    Append(kComment, ".comment", SHT_PROGBITS, "a compiler");
    // Where its address wants it.
    bytes_.resize((bytes_.size() + 0xfff) & ~std::size_t{0xfff});
    Append(kMoved, ".moved", SHT_PROGBITS, std::string(kMovedText));
    section(kMoved).sh_flags = SHF_ALLOC;
    AddSegment();
    Symbol(ElfImage::kSymPyInit).st_shndx = kMoved;
    Symbol(ElfImage::kSymTable).st_shndx = SHN_ABS;
    Symbol(ElfImage::kSymCounter).st_shndx = kMoved;
    WriteTable();
  }

  std::vector<std::byte>& bytes() { return bytes_; }
  Elf64_Ehdr& ehdr() { return At<Elf64_Ehdr>(0); }
  Elf64_Shdr& section(Section i) { return sections_[i]; }
  Elf64_Phdr& moved_segment() {
    return At<Elf64_Phdr>(ElfImage::kPhdrs +
                          ElfImage::kPhdrCount * sizeof(Elf64_Phdr));
  }
  Elf64_Sym& Symbol(std::uint64_t i) {
    return At<Elf64_Sym>(ElfImage::kSymbols + i * sizeof(Elf64_Sym));
  }

  // After a change of section().
  void Rewrite() {
    bytes_.resize(ehdr().e_shoff);
    WriteTable();
  }

 private:
  template <typename T>
  T& At(std::uint64_t offset) {
    return *reinterpret_cast<T*>(bytes_.data() + offset);
  }

  void Add(Section i, std::string_view name, std::uint32_t type,
           std::uint64_t flags, std::uint64_t offset, std::uint64_t size) {
    Elf64_Shdr& made = sections_[i];
    made.sh_name = static_cast<Elf64_Word>(names_.size());
    names_ += std::string(name) + '\0';
    made.sh_type = type;
    made.sh_flags = flags;
    made.sh_addr = (flags & SHF_ALLOC) != 0 ? offset : 0;
    made.sh_offset = offset;
    made.sh_size = size;
    made.sh_addralign = 1;
  }

  void Append(Section i, std::string_view name, std::uint32_t type,
              const std::string& content) {
    Add(i, name, type, 0, bytes_.size(), content.size());
    const auto* begin = reinterpret_cast<const std::byte*>(content.data());
    bytes_.insert(bytes_.end(), begin, begin + content.size());
  }

  void AddSegment() {
    const Elf64_Shdr& moved = sections_[kMoved];
    const std::uint64_t address = moved.sh_offset + 0x10000;
    ehdr().e_phnum = ElfImage::kPhdrCount + 1;
    moved_segment() = {PT_LOAD, PF_R,          moved.sh_offset, address,
                       address, moved.sh_size, moved.sh_size,   0x1000};
    sections_[kMoved].sh_addr = address;
    // PT_PHDR says how many there are.
    At<Elf64_Phdr>(ElfImage::kPhdrs +
                   ElfImage::kPhdrPhdr * sizeof(Elf64_Phdr)) = {
        PT_NULL, 0, 0, 0, 0, 0, 0, 0};
  }

  void WriteTable() {
    if (sections_[kShstrtab].sh_type == SHT_NULL) {
      Append(kShstrtab, ".shstrtab", SHT_STRTAB, "");
      sections_[kShstrtab].sh_size = names_.size();
      const auto* begin = reinterpret_cast<const std::byte*>(names_.data());
      bytes_.insert(bytes_.end(), begin, begin + names_.size());
      bytes_.resize((bytes_.size() + 7) & ~std::size_t{7});
    }
    ehdr().e_shoff = bytes_.size();
    ehdr().e_shnum = kCount;
    ehdr().e_shentsize = sizeof(Elf64_Shdr);
    ehdr().e_shstrndx = kShstrtab;
    const auto* begin = reinterpret_cast<const std::byte*>(sections_.data());
    bytes_.insert(bytes_.end(), begin,
                  begin + sections_.size() * sizeof(Elf64_Shdr));
  }

  std::vector<std::byte> bytes_;
  std::vector<Elf64_Shdr> sections_ = std::vector<Elf64_Shdr>(kCount);
  std::string names_ = std::string(1, '\0');
};

}  // namespace inmem::elf::testing
