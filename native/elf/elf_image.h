// native/elf/elf_image.h: a small, correct shared object to tell lies in.
//
// Test only. One PT_LOAD holds the whole file at address 0, so that addresses
// are file offsets; each table has a place of its own.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace inmem::elf::testing {

class ElfImage {
 public:
  static constexpr std::uint64_t kPhdrs = 0x40;
  static constexpr std::uint64_t kDynamic = 0x100;
  static constexpr std::uint64_t kStrings = 0x300;
  static constexpr std::uint64_t kSymbols = 0x400;
  static constexpr std::uint64_t kSysvHash = 0x500;
  static constexpr std::uint64_t kGnuHash = 0x540;
  static constexpr std::uint64_t kVerneed = 0x600;
  static constexpr std::uint64_t kSize = 0x680;

  // Strings by offset, in this order; each ends with NUL.
  static constexpr std::string_view kText{
      "\0libself.so.1\0libneed.so.2\0$ORIGIN/../x.libs\0PyInit_x\0puts\0"
      "libc.so.6\0GLIBC_2.2.5\0",
      81};
  static constexpr std::uint64_t kSoname = 1;
  static constexpr std::uint64_t kNeed = 14;
  static constexpr std::uint64_t kRunpath = 27;
  static constexpr std::uint64_t kPyInit = 45;
  static constexpr std::uint64_t kPuts = 54;
  static constexpr std::uint64_t kLibc = 59;
  static constexpr std::uint64_t kGlibc = 69;

  // Positions in the dynamic table.
  enum Dyn {
    kDynSoname,
    kDynNeedA,
    kDynNeedB,
    kDynRunpath,
    kDynStrtab,
    kDynStrsz,
    kDynSymtab,
    kDynSyment,
    kDynHash,
    kDynGnuHash,
    kDynVerneed,
    kDynVerneednum,
    kDynFlags1,
    kDynNull,
    kDynCount
  };

  explicit ElfImage(std::uint16_t machine = EM_X86_64) : bytes_(kSize) {
    WriteHeaders(machine);
    WriteDynamic();
    WriteTables();
  }

  template <typename T>
  T& At(std::uint64_t offset) {
    return *reinterpret_cast<T*>(bytes_.data() + offset);
  }
  Elf64_Ehdr& ehdr() { return At<Elf64_Ehdr>(0); }
  Elf64_Phdr& phdr(std::uint64_t i) {
    return At<Elf64_Phdr>(kPhdrs + i * sizeof(Elf64_Phdr));
  }
  Elf64_Dyn& dyn(Dyn i) {
    return At<Elf64_Dyn>(kDynamic + i * sizeof(Elf64_Dyn));
  }
  Elf64_Sym& sym(std::uint64_t i) {
    return At<Elf64_Sym>(kSymbols + i * sizeof(Elf64_Sym));
  }
  std::vector<std::byte>& bytes() { return bytes_; }

  // DT_DEBUG says nothing: the entry is as good as gone.
  void Remove(Dyn i) { dyn(i).d_tag = DT_DEBUG; }

 private:
  void WriteHeaders(std::uint16_t machine) {
    std::memcpy(ehdr().e_ident, ELFMAG, SELFMAG);
    ehdr().e_ident[EI_CLASS] = ELFCLASS64;
    ehdr().e_ident[EI_DATA] = ELFDATA2LSB;
    ehdr().e_ident[EI_VERSION] = EV_CURRENT;
    ehdr().e_type = ET_DYN;
    ehdr().e_machine = machine;
    ehdr().e_version = EV_CURRENT;
    ehdr().e_phoff = kPhdrs;
    ehdr().e_ehsize = sizeof(Elf64_Ehdr);
    ehdr().e_phentsize = sizeof(Elf64_Phdr);
    ehdr().e_phnum = 3;
    phdr(0) = {PT_LOAD, PF_R, 0, 0, 0, kSize, kSize + 0x100, 0x1000};
    phdr(1) = {PT_DYNAMIC,
               PF_R,
               kDynamic,
               kDynamic,
               0,
               kDynCount * sizeof(Elf64_Dyn),
               kDynCount * sizeof(Elf64_Dyn),
               8};
    phdr(2) = {PT_GNU_STACK, PF_R, 0, 0, 0, 0, 0, 16};
  }

  void WriteDynamic() {
    const auto set = [this](Dyn i, std::int64_t tag, std::uint64_t value) {
      dyn(i).d_tag = tag;
      dyn(i).d_un.d_val = value;
    };
    set(kDynSoname, DT_SONAME, kSoname);
    set(kDynNeedA, DT_NEEDED, kNeed);
    set(kDynNeedB, DT_NEEDED, kLibc);
    set(kDynRunpath, DT_RUNPATH, kRunpath);
    set(kDynStrtab, DT_STRTAB, kStrings);
    set(kDynStrsz, DT_STRSZ, kText.size());
    set(kDynSymtab, DT_SYMTAB, kSymbols);
    set(kDynSyment, DT_SYMENT, sizeof(Elf64_Sym));
    set(kDynHash, DT_HASH, kSysvHash);
    set(kDynGnuHash, DT_GNU_HASH, kGnuHash);
    set(kDynVerneed, DT_VERNEED, kVerneed);
    set(kDynVerneednum, DT_VERNEEDNUM, 1);
    set(kDynFlags1, DT_FLAGS_1, DF_1_NOW);
    set(kDynNull, DT_NULL, 0);
  }

  void WriteTables() {
    std::memcpy(bytes_.data() + kStrings, kText.data(), kText.size());
    // 0 is the null symbol.
    sym(1) = {kPuts, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, SHN_UNDEF, 0, 0};
    sym(2) = {kPyInit, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 5, 0x40, 8};
    // nbucket 1, nchain 3, bucket, chains.
    const std::uint32_t sysv[] = {1, 3, 2, 0, 0, 1};
    std::memcpy(&bytes_[kSysvHash], sysv, sizeof sysv);
    // nbuckets 1, symoffset 2, bloom_size 1, bloom_shift 6, bloom word, bucket,
    // the chain of symbol 2.
    const std::uint32_t gnu[] = {1, 2, 1, 6, ~0U, ~0U, 2, 1};
    std::memcpy(&bytes_[kGnuHash], gnu, sizeof gnu);
    At<Elf64_Verneed>(kVerneed) = {VER_NEED_CURRENT, 1, kLibc, 16, 0};
    At<Elf64_Vernaux>(kVerneed + 16) = {0, VER_FLG_WEAK, 2, kGlibc, 0};
  }

  std::vector<std::byte> bytes_;
};

}  // namespace inmem::elf::testing
