// native/elf/elf_image.h: a small, correct shared object to tell lies in.
//
// Test only. Three PT_LOADs, laid out as GNU ld does: tables (R) at address 0,
// code (RX) and data (RW), whose addresses are kDataShift above their offsets,
// so that the file has no gap. Each table has a place of its own.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "elf/parser.h"
#include "elf/symbol_table.h"

namespace inmem::elf::testing {

class ElfImage {
 public:
  // Offsets in the file. Up to kTablesEnd they are addresses, too.
  static constexpr std::uint64_t kPhdrs = 0x40;
  static constexpr std::uint64_t kStrings = 0x300;
  static constexpr std::uint64_t kSymbols = 0x400;
  static constexpr std::uint64_t kSysvHash = 0x4c0;
  static constexpr std::uint64_t kGnuHash = 0x500;
  static constexpr std::uint64_t kVersym = 0x540;
  static constexpr std::uint64_t kVerneed = 0x580;
  static constexpr std::uint64_t kVerdef = 0x5c0;
  static constexpr std::uint64_t kRela = 0x640;
  static constexpr std::uint64_t kJmpRel = 0x700;
  static constexpr std::uint64_t kRelr = 0x720;
  static constexpr std::uint64_t kNote = 0x740;
  static constexpr std::uint64_t kTablesEnd = 0x764;
  static constexpr std::uint64_t kCode = 0x1000;
  static constexpr std::uint64_t kCodeEnd = 0x1020;
  static constexpr std::uint64_t kDynamic = 0x1040;
  static constexpr std::uint64_t kInitArray = 0x1300;
  static constexpr std::uint64_t kFiniArray = 0x1310;
  static constexpr std::uint64_t kRelroEnd = 0x1318;
  static constexpr std::uint64_t kGot = 0x1320;
  static constexpr std::uint64_t kSlots = 0x1340;
  static constexpr std::uint64_t kTls = 0x13c0;
  static constexpr std::uint64_t kSize = 0x13d0;
  static constexpr std::uint64_t kDataShift = 0x1000;
  static constexpr std::uint64_t kBss = 0x100;

  // Address of an offset in the data.
  static constexpr std::uint64_t Data(std::uint64_t offset) {
    return offset + kDataShift;
  }
  static constexpr std::uint64_t Slot(std::uint64_t i) {
    return Data(kSlots + i * 8);
  }

  // Strings by offset, in this order; each ends with NUL.
  static constexpr std::string_view kText{
      "\0libself.so.1\0libneed.so.2\0$ORIGIN/../x.libs\0PyInit_x\0puts\0"
      "libc.so.6\0GLIBC_2.2.5\0optional\0table\0counter\0V1\0",
      107};
  static constexpr std::uint64_t kSoname = 1;
  static constexpr std::uint64_t kNeed = 14;
  static constexpr std::uint64_t kRunpath = 27;
  static constexpr std::uint64_t kPyInit = 45;
  static constexpr std::uint64_t kPuts = 54;
  static constexpr std::uint64_t kLibc = 59;
  static constexpr std::uint64_t kGlibc = 69;
  static constexpr std::uint64_t kOptional = 81;
  static constexpr std::uint64_t kTable = 90;
  static constexpr std::uint64_t kCounter = 96;
  static constexpr std::uint64_t kV1 = 104;

  // Positions among the program headers.
  enum Phdr {
    kLoadTables,
    kLoadCode,
    kLoadData,
    kPhdrDynamic,
    kPhdrStack,
    kPhdrNote,
    kPhdrTls,
    kPhdrRelro,
    kPhdrPhdr,
    kPhdrCount
  };

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
    kDynVersym,
    kDynVerneed,
    kDynVerneednum,
    kDynVerdef,
    kDynVerdefnum,
    kDynRela,
    kDynRelasz,
    kDynRelaent,
    kDynRelacount,
    kDynJmprel,
    kDynPltrelsz,
    kDynPltrel,
    kDynPltgot,
    kDynRelr,
    kDynRelrsz,
    kDynRelrent,
    kDynInit,
    kDynInitArray,
    kDynInitArraysz,
    kDynFini,
    kDynFiniArray,
    kDynFiniArraysz,
    kDynFlags1,
    kDynSpare,
    kDynNull,
    kDynCount
  };

  // Symbols, by index. PyInit_x and those after it are defined.
  enum Symbol {
    kSymNull,
    kSymPuts,
    kSymOptional,
    kSymPyInit,
    kSymTable,
    kSymCounter,
    kSymCount
  };

  // Relocations of DT_RELA, by index; the one of DT_JMPREL is puts'.
  enum Rela {
    kRelaInit,
    kRelaTable,
    kRelaAddress,
    kRelaGlobDat,
    kRelaModule,
    kRelaOffset,
    kRelaDescriptor,
    kRelaThread,
    kRelaCount
  };

  explicit ElfImage(std::uint16_t machine = EM_X86_64)
      : machine_(machine), bytes_(kSize) {
    WriteHeaders();
    WriteDynamic();
    WriteSymbols();
    WriteVersions();
    WriteRelocations();
    WriteNote();
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
  Elf64_Rela& rela(std::uint64_t i) {
    return At<Elf64_Rela>(kRela + i * sizeof(Elf64_Rela));
  }
  Elf64_Rela& jmprel() { return At<Elf64_Rela>(kJmpRel); }
  Elf64_Half& versym(std::uint64_t i) {
    return At<Elf64_Half>(kVersym + i * sizeof(Elf64_Half));
  }
  Elf64_Verneed& verneed() { return At<Elf64_Verneed>(kVerneed); }
  Elf64_Vernaux& vernaux() { return At<Elf64_Vernaux>(kVerneed + 16); }
  // 0: the file's own name (VER_FLG_BASE), 1: V1.
  Elf64_Verdef& verdef(std::uint64_t i) {
    return At<Elf64_Verdef>(kVerdef + i * 0x20);
  }
  Elf64_Verdaux& verdaux(std::uint64_t i) {
    return At<Elf64_Verdaux>(kVerdef + i * 0x20 + sizeof(Elf64_Verdef));
  }
  std::vector<std::byte>& bytes() { return bytes_; }
  // x86-64's type or aarch64's.
  std::uint32_t Type(std::uint32_t x86_64, std::uint32_t aarch64) const {
    return machine_ == EM_AARCH64 ? aarch64 : x86_64;
  }

  // DT_DEBUG says nothing: the entry is as good as gone.
  void Remove(Dyn i) { dyn(i).d_tag = DT_DEBUG; }
  void RemoveVersions() {
    for (const Dyn i : {kDynVersym, kDynVerneed, kDynVerdef}) Remove(i);
  }

 private:
  void WriteHeaders() {
    std::memcpy(ehdr().e_ident, ELFMAG, SELFMAG);
    ehdr().e_ident[EI_CLASS] = ELFCLASS64;
    ehdr().e_ident[EI_DATA] = ELFDATA2LSB;
    ehdr().e_ident[EI_VERSION] = EV_CURRENT;
    ehdr().e_type = ET_DYN;
    ehdr().e_machine = machine_;
    ehdr().e_version = EV_CURRENT;
    ehdr().e_phoff = kPhdrs;
    ehdr().e_ehsize = sizeof(Elf64_Ehdr);
    ehdr().e_phentsize = sizeof(Elf64_Phdr);
    ehdr().e_phnum = kPhdrCount;
    const auto set = [this](Phdr i, std::uint32_t type, std::uint32_t flags,
                            std::uint64_t offset, std::uint64_t end,
                            std::uint64_t align) {
      const std::uint64_t shift = offset >= kDynamic ? kDataShift : 0;
      phdr(i) = {type, flags,        offset,       offset + shift,
                 0,    end - offset, end - offset, align};
    };
    set(kLoadTables, PT_LOAD, PF_R, 0, kTablesEnd, 0x1000);
    set(kLoadCode, PT_LOAD, PF_R | PF_X, kCode, kCodeEnd, 0x1000);
    set(kLoadData, PT_LOAD, PF_R | PF_W, kDynamic, kSize, 0x1000);
    phdr(kLoadData).p_memsz += kBss;
    set(kPhdrDynamic, PT_DYNAMIC, PF_R | PF_W, kDynamic,
        kDynamic + kDynCount * sizeof(Elf64_Dyn), 8);
    phdr(kPhdrStack) = {PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16};
    set(kPhdrNote, PT_NOTE, PF_R, kNote, kTablesEnd, 4);
    set(kPhdrTls, PT_TLS, PF_R, kTls, kSize, 8);
    phdr(kPhdrTls).p_memsz += 8;
    set(kPhdrRelro, PT_GNU_RELRO, PF_R, kDynamic, kRelroEnd, 1);
    set(kPhdrPhdr, PT_PHDR, PF_R, kPhdrs,
        kPhdrs + kPhdrCount * sizeof(Elf64_Phdr), 8);
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
    set(kDynVersym, DT_VERSYM, kVersym);
    set(kDynVerneed, DT_VERNEED, kVerneed);
    set(kDynVerneednum, DT_VERNEEDNUM, 1);
    set(kDynVerdef, DT_VERDEF, kVerdef);
    set(kDynVerdefnum, DT_VERDEFNUM, 2);
    set(kDynRela, DT_RELA, kRela);
    set(kDynRelasz, DT_RELASZ, kRelaCount * sizeof(Elf64_Rela));
    set(kDynRelaent, DT_RELAENT, sizeof(Elf64_Rela));
    set(kDynRelacount, DT_RELACOUNT, 2);
    set(kDynJmprel, DT_JMPREL, kJmpRel);
    set(kDynPltrelsz, DT_PLTRELSZ, sizeof(Elf64_Rela));
    set(kDynPltrel, DT_PLTREL, DT_RELA);
    set(kDynPltgot, DT_PLTGOT, Data(kGot));
    set(kDynRelr, kDtRelr, kRelr);
    set(kDynRelrsz, kDtRelrsz, 2 * sizeof(std::uint64_t));
    set(kDynRelrent, kDtRelrent, sizeof(std::uint64_t));
    set(kDynInit, DT_INIT, kCode);
    set(kDynInitArray, DT_INIT_ARRAY, Data(kInitArray));
    set(kDynInitArraysz, DT_INIT_ARRAYSZ, 16);
    set(kDynFini, DT_FINI, kCode + 8);
    set(kDynFiniArray, DT_FINI_ARRAY, Data(kFiniArray));
    set(kDynFiniArraysz, DT_FINI_ARRAYSZ, 8);
    set(kDynFlags1, DT_FLAGS_1, DF_1_NOW);
    set(kDynSpare, DT_DEBUG, 0);
    set(kDynNull, DT_NULL, 0);
  }

  void WriteSymbols() {
    std::memcpy(bytes_.data() + kStrings, kText.data(), kText.size());
    const auto set = [this](Symbol i, std::uint32_t name, unsigned char bind,
                            unsigned char type, Elf64_Section section,
                            std::uint64_t value) {
      sym(i) = {name,  static_cast<unsigned char>(ELF64_ST_INFO(bind, type)),
                0,     section,
                value, 8};
    };
    set(kSymPuts, kPuts, STB_GLOBAL, STT_FUNC, SHN_UNDEF, 0);
    set(kSymOptional, kOptional, STB_WEAK, STT_NOTYPE, SHN_UNDEF, 0);
    set(kSymPyInit, kPyInit, STB_GLOBAL, STT_FUNC, 5, kCode);
    set(kSymTable, kTable, STB_WEAK, STT_OBJECT, 6, Slot(0));
    set(kSymCounter, kCounter, STB_GLOBAL, STT_TLS, 7, 0);
    // nbucket 1, nchain, the bucket, chains: each symbol once.
    const std::uint32_t sysv[] = {1, kSymCount, kSymPyInit, 0, 0, 1, 4, 5, 2};
    std::memcpy(&bytes_[kSysvHash], sysv, sizeof sysv);
    // nbuckets 1, symoffset, bloom_size 1, bloom_shift, a bloom word that lets
    // all pass, the bucket, the chain with its end.
    const auto hash = [](const char* name, std::uint32_t end) {
      return (GnuHash(name) & ~1U) | end;
    };
    const std::uint32_t gnu[] = {1,
                                 kSymPyInit,
                                 1,
                                 6,
                                 ~0U,
                                 ~0U,
                                 kSymPyInit,
                                 hash("PyInit_x", 0),
                                 hash("table", 0),
                                 hash("counter", 1)};
    std::memcpy(&bytes_[kGnuHash], gnu, sizeof gnu);
  }

  void WriteVersions() {
    verneed() = {VER_NEED_CURRENT, 1, kLibc, 16, 0};
    vernaux() = {SysvHash("GLIBC_2.2.5"), VER_FLG_WEAK, 2, kGlibc, 0};
    verdef(0) = {VER_DEF_CURRENT,          VER_FLG_BASE,         1,   1,
                 SysvHash("libself.so.1"), sizeof(Elf64_Verdef), 0x20};
    verdaux(0) = {kSoname, 0};
    verdef(1) = {VER_DEF_CURRENT,      0, 3, 1, SysvHash("V1"),
                 sizeof(Elf64_Verdef), 0};
    verdaux(1) = {kV1, 0};
    const Elf64_Half versions[kSymCount] = {0, 2, 1, 3, 1, 3};
    std::memcpy(&bytes_[kVersym], versions, sizeof versions);
  }

  void WriteRelocations() {
    const auto info = [this](std::uint32_t symbol, std::uint32_t x86_64,
                             std::uint32_t aarch64) {
      return ELF64_R_INFO(std::uint64_t{symbol}, Type(x86_64, aarch64));
    };
    const auto relative = info(0, R_X86_64_RELATIVE, R_AARCH64_RELATIVE);
    rela(kRelaInit) = {Data(kInitArray), relative, kCode};
    rela(kRelaTable) = {Slot(0), relative, kCode};
    rela(kRelaAddress) = {Slot(1),
                          info(kSymTable, R_X86_64_64, R_AARCH64_ABS64), 8};
    rela(kRelaGlobDat) = {
        Slot(2), info(kSymOptional, R_X86_64_GLOB_DAT, R_AARCH64_GLOB_DAT), 0};
    rela(kRelaModule) = {Slot(3),
                         info(0, R_X86_64_DTPMOD64, R_AARCH64_TLS_DTPMOD), 0};
    rela(kRelaOffset) = {
        Slot(4), info(kSymCounter, R_X86_64_DTPOFF64, R_AARCH64_TLS_DTPREL), 0};
    rela(kRelaDescriptor) = {
        Slot(5), info(kSymCounter, R_X86_64_TLSDESC, R_AARCH64_TLSDESC), 0};
    rela(kRelaThread) = {
        Slot(7), info(kSymCounter, R_X86_64_TPOFF64, R_AARCH64_TLS_TPREL), 0};
    jmprel() = {Data(kGot + 24),
                info(kSymPuts, R_X86_64_JUMP_SLOT, R_AARCH64_JUMP_SLOT), 0};
    At<std::uint64_t>(kRelr) = Slot(8);
    At<std::uint64_t>(kRelr + 8) = 0b1011;  // slots 9 and 11
  }

  void WriteNote() {
    At<Elf64_Nhdr>(kNote) = {4, 20, NT_GNU_BUILD_ID};
    std::memcpy(&bytes_[kNote + sizeof(Elf64_Nhdr)], "GNU", 4);
    for (std::uint64_t i = 0; i < 20; ++i) {
      bytes_[kNote + sizeof(Elf64_Nhdr) + 4 + i] = static_cast<std::byte>(i);
    }
  }

  std::uint16_t machine_;
  std::vector<std::byte> bytes_;
};

}  // namespace inmem::elf::testing
