// native/elf/bad_elf_test.cc: each check of ElfFile::Parse, by a bad file.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

#include "elf/lies.h"

namespace inmem::elf {
namespace {

using testing::ElfImage;
using testing::ExpectLie;
using testing::Lie;
using testing::LieName;
using testing::Parse;

class BadElf : public ::testing::TestWithParam<Lie> {};

TEST_P(BadElf, IsRefused) {
  ElfImage image;
  GetParam().tell(image);
  ExpectLie(Parse(image).status(), GetParam());
}

constexpr auto kBad = ErrorCode::kBadElf;
constexpr auto kMachine = ErrorCode::kWrongMachine;

using I = ElfImage;

// Puts the strings at the end, with one more of `size` bytes: the entry's.
void UseLongString(ElfImage& image, ElfImage::Dyn entry, std::size_t size,
                   char fill = 'x') {
  const std::uint64_t begin = image.bytes().size();
  std::string strings(I::kText);
  image.dyn(entry).d_un.d_val = strings.size();
  strings += std::string(size, fill);
  strings += '\0';
  image.bytes().resize(begin + strings.size());
  std::memcpy(&image.bytes()[begin], strings.data(), strings.size());
  image.phdr(I::kLoadData).p_filesz += strings.size();
  image.phdr(I::kLoadData).p_memsz += strings.size();
  image.dyn(I::kDynStrtab).d_un.d_val = I::Data(begin);
  image.dyn(I::kDynStrsz).d_un.d_val = strings.size();
}

// Records of 20 bytes, 10 apart, that overlap: each has its Verdaux six bytes
// on in the same bytes, which names the string at 10.
void TellOfEndlessVerdefs(ElfImage& image) {
  constexpr std::array<std::uint8_t, 10> kRecord = {1, 0, 6, 0, 0, 0, 10};
  constexpr std::array<std::uint8_t, 5> kName = {15, 15, 15, 16, 0};
  const std::uint64_t begin = image.bytes().size();
  for (std::size_t i = 0; i < 8192; ++i) {
    image.bytes().push_back(std::byte{kRecord[i % kRecord.size()]});
  }
  image.phdr(I::kLoadData).p_filesz += 8192;
  image.phdr(I::kLoadData).p_memsz += 8192;
  std::memcpy(&image.bytes()[I::kStrings + 10], kName.data(), kName.size());
  image.dyn(I::kDynNeedA).d_un.d_val += 1;
  image.dyn(I::kDynVerdef).d_un.d_val = I::Data(begin);
}

TEST(LongStrings, AreTakenUpToALimit) {
  ElfImage image;
  UseLongString(image, I::kDynNeedA, 4095);
  EXPECT_EQ(Parse(image).value().needs()[0].name.size(), 4095U);
  ElfImage path;
  UseLongString(path, I::kDynRunpath, 1048576, ':');
  EXPECT_TRUE(Parse(path).ok());
}

// clang-format off: a table.
#define LIE(name, code, found, ...) \
  Lie { #name, code, found, [](ElfImage& i) { __VA_ARGS__; } }

std::vector<Lie> HeaderLies() {
  return {
    LIE(Empty, kBad, "0 bytes", i.bytes().clear()),
    LIE(Short, kBad, "63 bytes", i.bytes().resize(63)),
    LIE(Magic, kBad, "no ELF magic", i.ehdr().e_ident[1] = 'e'),
    LIE(ShortText, kBad, "no ELF magic", i.bytes().assign(5, std::byte{'#'})),
    LIE(Class32, kMachine, "EI_CLASS ELFCLASS32, e_machine EM_386",
        i.ehdr().e_ident[EI_CLASS] = ELFCLASS32;
        i.ehdr().e_machine = EM_386),
    LIE(Class9, kMachine, "EI_CLASS 9", i.ehdr().e_ident[EI_CLASS] = 9),
    LIE(BigEndian, kMachine, "EI_DATA ELFDATA2MSB, e_machine EM_S390",
        i.ehdr().e_ident[EI_DATA] = ELFDATA2MSB;
        i.ehdr().e_machine = __builtin_bswap16(EM_S390)),
    LIE(Data7, kMachine, "EI_DATA 7", i.ehdr().e_ident[EI_DATA] = 7),
    LIE(Machine386, kMachine, "e_machine EM_386 (expected EM_X86_64)",
        i.ehdr().e_machine = EM_386),
    LIE(MachineArm, kMachine, "e_machine EM_AARCH64 (expected EM_X86_64)",
        i.ehdr().e_machine = EM_AARCH64),
    LIE(OsAbi, kMachine, "EI_OSABI ELFOSABI_FREEBSD",
        i.ehdr().e_ident[EI_OSABI] = ELFOSABI_FREEBSD),
    LIE(IdentVersion, kBad, "EI_VERSION 0", i.ehdr().e_ident[EI_VERSION] = 0),
    LIE(TypeExec, kBad, "e_type ET_EXEC (expected ET_DYN)",
        i.ehdr().e_type = ET_EXEC),
    LIE(TypeRel, kBad, "e_type ET_REL", i.ehdr().e_type = ET_REL),
    LIE(Version, kBad, "e_version 2", i.ehdr().e_version = 2),
    LIE(Phentsize, kBad, "e_phentsize 32", i.ehdr().e_phentsize = 32),
    LIE(Phnum0, kBad, "e_phnum 0", i.ehdr().e_phnum = 0),
    LIE(PhnumXnum, kBad, "e_phnum 65535", i.ehdr().e_phnum = PN_XNUM),
    LIE(PhnumMany, kBad, "e_phnum 1025 (expected 1 to 1024",
        i.ehdr().e_phnum = 1025),
    LIE(PhnumPastEnd, kBad, "program headers at 0x40",
        i.ehdr().e_phnum = 1000),
    LIE(PhoffPastEnd, kBad, "program headers at 0xfffffffffffffff0",
        i.ehdr().e_phoff = ~std::uint64_t{15}),
  };
}

std::vector<Lie> LoadLies() {
  return {
    LIE(LoadPastEnd, kBad, "PT_LOAD 0: p_offset 0x0 + p_filesz 0x13d1",
        i.phdr(0).p_filesz = I::kSize + 1),
    LIE(LoadOffsetWraps, kBad, "PT_LOAD 0: p_offset 0xfffffffffffff000",
        i.phdr(0).p_offset = ~std::uint64_t{0xfff}),
    LIE(FileszOverMemsz, kBad, "p_filesz 0x764 (expected at most p_memsz",
        i.phdr(0).p_memsz = 1),
    LIE(VaddrWraps, kBad, "PT_LOAD 0: p_vaddr 0xfffffffffffff000",
        i.phdr(0).p_vaddr = ~std::uint64_t{0xfff}),
    LIE(MemszHuge, kBad, "p_memsz 0xffffffffffffffff",
        i.phdr(0).p_memsz = ~std::uint64_t{0}),
    LIE(Align3, kBad, "p_align 0x3", i.phdr(0).p_align = 3),
    LIE(Misaligned, kBad, "equal modulo p_align", i.phdr(0).p_vaddr = 8),
    LIE(MisalignedInItsPage, kBad, "equal modulo p_align 0x1000",
        i.phdr(0).p_vaddr = 8; i.phdr(0).p_align = 8),
    LIE(NoLoad, kBad, "no PT_LOAD",
        for (int n = 0; n < 3; ++n) i.phdr(n).p_type = PT_NULL),
    LIE(Descending, kBad, "PT_LOAD 1: p_vaddr 0x0",
        i.phdr(1) = i.phdr(0)),
    LIE(OverlapsTheOneBefore, kBad, "(expected at least 0x2041",
        i.phdr(I::kLoadCode).p_memsz = 0x1041),
    LIE(WritableNotReadable, kBad, "PT_LOAD 2: writable and not readable",
            i.phdr(I::kLoadData).p_flags = PF_W),
        LIE(Span, kBad, "PT_LOADs over 0x1000002000 bytes",
            i.phdr(I::kLoadData).p_memsz = 0x1000000000 - 0x40),
        LIE(InThePageBefore, kBad, "in the last page of the PT_LOAD before",
        i.phdr(I::kLoadCode).p_memsz = 0x1010),
  };
}

std::vector<Lie> OtherSegmentLies() {
  return {
    LIE(TlsAlign, kBad, "PT_TLS 6: p_align 0x6",
        i.phdr(I::kPhdrTls).p_align = 6),
    LIE(TlsPastEnd, kBad, "PT_TLS 6: p_offset",
        i.phdr(I::kPhdrTls).p_filesz = ~std::uint64_t{0}),
    LIE(TlsFileszOverMemsz, kBad, "PT_TLS 6: p_filesz 0x10",
        i.phdr(I::kPhdrTls).p_memsz = 8),
    LIE(TlsElsewhere, kBad, "PT_TLS 6: p_vaddr 0x1018 + p_filesz 0x10",
        i.phdr(I::kPhdrTls).p_vaddr = 0x1018),
    LIE(TlsHuge, kBad, "PT_TLS 6: p_memsz 0x40000001",
            i.phdr(I::kPhdrTls).p_memsz = 0x40000001),
        LIE(TlsAlignHuge, kBad, "p_align 0x80000000",
            i.phdr(I::kPhdrTls).p_align = 0x80000000),
        LIE(TwoTls, kBad, "two PT_TLS", i.phdr(I::kPhdrStack) =
        i.phdr(I::kPhdrTls)),
    LIE(NoteOutside, kBad, "PT_NOTE 5: p_vaddr 0x764",
        i.phdr(I::kPhdrNote).p_vaddr = I::kTablesEnd),
    LIE(NoteHuge, kBad, "PT_NOTE 5: p_vaddr 0x740 + p_memsz 0xffff",
        i.phdr(I::kPhdrNote).p_memsz = ~std::uint64_t{0}),
    LIE(PropertyOutside, kBad, "PT_GNU_PROPERTY 5: p_vaddr 0x9000",
        i.phdr(I::kPhdrNote).p_type = kPtGnuProperty;
        i.phdr(I::kPhdrNote).p_vaddr = 0x9000),
    LIE(PhdrElsewhere, kBad, "PT_PHDR 8: p_vaddr 0x48",
        i.phdr(I::kPhdrPhdr).p_vaddr = 0x48),
    LIE(PhdrOutside, kBad, "PT_PHDR 8: p_vaddr 0x9000",
        i.phdr(I::kPhdrPhdr).p_vaddr = 0x9000),
    LIE(RelroOutside, kBad, "PT_GNU_RELRO 7: p_vaddr 0x9000",
        i.phdr(I::kPhdrRelro).p_vaddr = 0x9000),
    LIE(RelroTooLong, kBad, "PT_GNU_RELRO 7: p_vaddr 0x2040 + p_memsz 0xfc1",
        i.phdr(I::kPhdrRelro).p_memsz = 0xfc1),
  };
}

std::vector<Lie> DynamicLies() {
  return {
    LIE(NoDynamic, kBad, "no PT_DYNAMIC",
        i.phdr(I::kPhdrDynamic).p_type = PT_NULL),
    LIE(TwoDynamic, kBad, "two PT_DYNAMIC",
        i.phdr(I::kPhdrStack) = i.phdr(I::kPhdrDynamic)),
    LIE(DynamicOutside, kBad, "PT_DYNAMIC: p_vaddr 0x10000",
        i.phdr(I::kPhdrDynamic).p_vaddr = 0x10000),
    LIE(DynamicReadOnly, kBad, "writable PT_DYNAMIC in a read-only PT_LOAD",
        i.phdr(I::kLoadData).p_flags = PF_R),
    LIE(StringsUnreadable, kBad, "DT_STRTAB 0x1000",
            i.dyn(I::kDynStrtab).d_un.d_val = I::kCode;
            i.phdr(I::kLoadCode).p_flags = PF_X),
        LIE(NoNull, kBad, "without DT_NULL", i.Remove(I::kDynNull)),
    LIE(DynamicCut, kBad, "without DT_NULL",
        i.phdr(I::kPhdrDynamic).p_filesz = 40),
    LIE(DynamicOfNothing, kBad, "of 0 entries without DT_NULL",
        i.phdr(I::kLoadData).p_memsz = i.phdr(I::kLoadData).p_filesz;
        i.phdr(I::kPhdrDynamic).p_vaddr = I::Data(I::kSize);
        i.phdr(I::kPhdrDynamic).p_filesz = 0),
    LIE(NoStrtab, kBad, "no DT_STRTAB", i.Remove(I::kDynStrtab)),
    LIE(NoStrsz, kBad, "no DT_STRSZ", i.Remove(I::kDynStrsz)),
    LIE(NoSymtab, kBad, "no DT_SYMTAB", i.Remove(I::kDynSymtab)),
    LIE(Syment, kBad, "DT_SYMENT 16", i.dyn(I::kDynSyment).d_un.d_val = 16),
    LIE(StrtabOutside, kBad, "DT_STRTAB 0xffffffffffffff00",
        i.dyn(I::kDynStrtab).d_un.d_val = ~std::uint64_t{0xff}),
    LIE(StrtabTwice, kBad, "DT_STRTAB 0x9000",
        i.dyn(I::kDynSpare) = {DT_STRTAB, {0x9000}}),
    LIE(StrszHuge, kBad, "DT_STRSZ 0xffffffffffffffff",
        i.dyn(I::kDynStrsz).d_un.d_val = ~std::uint64_t{0}),
    LIE(StrszZero, kBad, "without NUL at its end",
        i.dyn(I::kDynStrsz).d_un.d_val = 0),
    LIE(StringsUnended, kBad, "without NUL at its end",
        i.dyn(I::kDynStrsz).d_un.d_val = 5),
    LIE(NeededOutside, kBad, "DT_NEEDED at offset 0x6b",
        i.dyn(I::kDynNeedA).d_un.d_val = I::kText.size()),
    LIE(NeededLong, kBad, "DT_NEEDED with a name of 4096 bytes",
        UseLongString(i, I::kDynNeedA, 4096)),
    LIE(SonameLong, kBad, "DT_SONAME with a name of 4096 bytes",
        UseLongString(i, I::kDynSoname, 4096)),
    LIE(RunpathLongName, kBad, "DT_RUNPATH with a name of 4096 bytes",
        UseLongString(i, I::kDynRunpath, 4096)),
    LIE(RunpathLong, kBad, "DT_RUNPATH of 1048577 bytes",
        UseLongString(i, I::kDynRunpath, 1048577, ':')),
    LIE(DynamicLong, kBad, "PT_DYNAMIC: p_memsz 0x100001",
        i.phdr(I::kPhdrDynamic).p_memsz = 0x100001),
    LIE(NeededEmpty, kBad, "empty DT_NEEDED",
        i.dyn(I::kDynNeedA).d_un.d_val = 0),
    LIE(SonameOutside, kBad, "DT_SONAME at offset",
        i.dyn(I::kDynSoname).d_un.d_val = ~std::uint64_t{0}),
    LIE(RunpathOutside, kBad, "DT_RUNPATH at offset",
        i.dyn(I::kDynRunpath).d_un.d_val = 0x1000),
    LIE(RpathOutside, kBad, "DT_RPATH at offset",
        i.dyn(I::kDynRunpath) = {DT_RPATH, {0x1000}}),
    LIE(AuxiliaryOutside, kBad, "DT_AUXILIARY at offset",
        i.dyn(I::kDynSpare) = {DT_AUXILIARY, {0x1000}}),
    LIE(FilterOutside, kBad, "DT_FILTER at offset",
        i.dyn(I::kDynSpare) = {DT_FILTER, {0x1000}}),
  };
}

std::vector<Lie> CallLies() {
  return {
    LIE(InitOutside, kBad, "DT_INIT 0x9000",
        i.dyn(I::kDynInit).d_un.d_val = 0x9000),
    LIE(InitInData, kBad, "DT_INIT 0x2340",
        i.dyn(I::kDynInit).d_un.d_val = I::Slot(0)),
    LIE(InitNull, kBad, "DT_INIT 0x0", i.dyn(I::kDynInit).d_un.d_val = 0),
    LIE(InitArrayOutside, kBad, "DT_INIT_ARRAY 0x9000",
        i.dyn(I::kDynInitArray).d_un.d_val = 0x9000),
    LIE(InitArraySize, kBad, "DT_INIT_ARRAYSZ 0xc",
        i.dyn(I::kDynInitArraysz).d_un.d_val = 12),
    LIE(InitArrayHuge, kBad, "DT_INIT_ARRAYSZ 0xfffffffffffffff8",
        i.dyn(I::kDynInitArraysz).d_un.d_val = ~std::uint64_t{7}),
    LIE(InitArrayWithoutSize, kBad, "DT_INIT_ARRAY without",
        i.Remove(I::kDynInitArraysz)),
    LIE(FiniOutside, kBad, "DT_FINI 0x9000",
        i.dyn(I::kDynFini).d_un.d_val = 0x9000),
    LIE(FiniArrayOutside, kBad, "DT_FINI_ARRAY 0x9000",
        i.dyn(I::kDynFiniArray).d_un.d_val = 0x9000),
    LIE(FiniArrayWithoutSize, kBad, "DT_FINI_ARRAY without",
        i.Remove(I::kDynFiniArraysz)),
  };
}

std::vector<Lie> NeedVersionLies() {
  return {
    LIE(VerneedOutside, kBad, "Verneed at 0xfffffffffffffff0",
        i.dyn(I::kDynVerneed).d_un.d_val = ~std::uint64_t{15}),
    LIE(VnVersion, kBad, "vn_version 2", i.verneed().vn_version = 2),
    LIE(VnFile, kBad, "vn_file at offset 0x5000",
        i.verneed().vn_file = 0x5000),
    LIE(VnAux, kBad, "Vernaux at 0x5580", i.verneed().vn_aux = 0x5000),
    LIE(VnNext, kBad, "Verneed at 0x5580", i.verneed().vn_next = 0x5000),
    LIE(VnaName, kBad, "vna_name at offset 0x5000",
        i.vernaux().vna_name = 0x5000),
    LIE(VnaNext, kBad, "Vernaux at 0x5590", i.vernaux().vna_next = 0x5000),
    LIE(VernauxEndless, kBad, "endless Vernaux chain",
        // Records that overlap: in a run of 4s each word is a name (the string
        // \x04), its hash, and the way to the next record.
        const std::uint64_t begin = i.bytes().size();
        const std::vector<std::uint32_t> fours(2048, 4);
        i.bytes().resize(begin + 8192);
        std::memcpy(&i.bytes()[begin], fours.data(), 8192);
        i.bytes()[I::kStrings + 4] = std::byte{4};
        i.bytes()[I::kStrings + 5] = std::byte{0};
        i.phdr(I::kLoadData).p_filesz += 8192;
        i.phdr(I::kLoadData).p_memsz += 8192;
        i.verneed().vn_aux =
            static_cast<std::uint32_t>(I::Data(begin) - I::kVerneed)),
    LIE(VnaHash, kBad, "hash 0x7 of version GLIBC_2.2.5 (expected 0x9691a75)",
        i.vernaux().vna_hash = 7),
  };
}

std::vector<Lie> DefinedVersionLies() {
  return {
    LIE(VerdefEndless, kBad, "endless Verdef chain", TellOfEndlessVerdefs(i)),
    LIE(VerdefOutside, kBad, "Verdef at 0x9000",
        i.dyn(I::kDynVerdef).d_un.d_val = 0x9000),
    LIE(VdVersion, kBad, "vd_version 2", i.verdef(1).vd_version = 2),
    LIE(VdAux, kBad, "Verdaux at 0x55e0", i.verdef(1).vd_aux = 0x5000),
    LIE(VdNext, kBad, "Verdef at 0x55e0", i.verdef(1).vd_next = 0x5000),
    LIE(VdHash, kBad, "hash 0x1 of version V1", i.verdef(1).vd_hash = 1),
    LIE(VdaName, kBad, "vda_name at offset 0x5000",
        i.verdaux(1).vda_name = 0x5000),
    LIE(NoVersym, kBad, "versions up to 3 and no DT_VERSYM",
        i.Remove(I::kDynVersym)),
    LIE(VersymOutside, kBad, "DT_VERSYM 0x760 with 6 symbols",
        i.dyn(I::kDynVersym).d_un.d_val = 0x760),
    LIE(VersionIndex, kBad, "version index 4 of symbol 5",
        i.versym(5) = 0x8004),
    LIE(VersionIndexOfNone, kBad, "version index 1 of symbol 2",
        i.Remove(I::kDynVerneed); i.Remove(I::kDynVerdef);
        i.versym(1) = 0),
  };
}

std::vector<Lie> GnuHashLies() {
  return {
    LIE(GnuOutside, kBad, "DT_GNU_HASH 0x760",
        i.dyn(I::kDynGnuHash).d_un.d_val = I::kTablesEnd - 4),
    LIE(GnuBuckets, kBad, "nbuckets 4294967295",
        i.At<std::uint32_t>(I::kGnuHash) = ~0U),
    LIE(GnuBloomHuge, kBad, "bloom_size 4294967295",
        i.At<std::uint32_t>(I::kGnuHash + 8) = ~0U),
    LIE(GnuBloom3, kBad, "bloom_size 3 (expected a power of two",
        i.At<std::uint32_t>(I::kGnuHash + 8) = 3),
    LIE(GnuBloom3WithoutBuckets, kBad, "bloom_size 3 (expected a power of two",
            i.At<std::uint32_t>(I::kGnuHash) = 0;
            i.At<std::uint32_t>(I::kGnuHash + 8) = 3),
        LIE(GnuBloom0, kBad, "bloom_size 0 (expected a power of two",
        i.At<std::uint32_t>(I::kGnuHash + 8) = 0),
    LIE(GnuShift, kBad, "bloom_shift 32",
        i.At<std::uint32_t>(I::kGnuHash + 12) = 32),
    LIE(GnuBucketBefore, kBad, "bucket 0 of symbol 2",
        i.At<std::uint32_t>(I::kGnuHash + 24) = 2),
    LIE(GnuBucketAfter, kBad, "chain of symbol 4294967295",
        i.At<std::uint32_t>(I::kGnuHash + 24) = ~0U),
    LIE(GnuEndless, kBad, "an end within",
        for (std::uint64_t at = I::kGnuHash + 28; at < I::kTablesEnd; at += 4)
          i.At<std::uint32_t>(at) = 2;
        i.RemoveVersions()),
    LIE(GnuOverTwoSegments, kBad, "DT_GNU_HASH of 7 symbols",
        i.Remove(I::kDynHash);
        i.phdr(I::kLoadTables).p_filesz = I::kCode;
        i.phdr(I::kLoadTables).p_memsz = I::kCode;
        // The chains begin 12 bytes before the code, and end in it.
        const auto table = std::to_array<std::uint32_t>(
            {1, 3, 1, 6, 0, 0, 3, 2, 2, 2, 3});
        std::memcpy(&i.bytes()[I::kCode - 40], table.data(), sizeof table);
        i.dyn(I::kDynGnuHash).d_un.d_val = I::kCode - 40;),
    LIE(GnuMoreThanSysv, kBad, "DT_GNU_HASH of 7 symbols",
        i.At<std::uint32_t>(I::kGnuHash + 36) = 2;
        i.At<std::uint32_t>(I::kGnuHash + 40) = 3),
  };
}

std::vector<Lie> SymbolLies() {
  return {
    LIE(SysvOutside, kBad, "DT_HASH 0xfffffffffffffffc",
        i.dyn(I::kDynHash).d_un.d_val = ~std::uint64_t{3}),
    LIE(SysvChains, kBad, "nchain 4294967295",
        i.At<std::uint32_t>(I::kSysvHash + 4) = ~0U),
    LIE(SysvBuckets, kBad, "nbucket 4294967295",
        i.At<std::uint32_t>(I::kSysvHash) = ~0U),
    LIE(SysvBucketAfter, kBad, "bucket 0 at symbol 6 (expected below nchain 6",
        i.At<std::uint32_t>(I::kSysvHash + 8) = 6),
    LIE(SysvChainAfter, kBad, "at symbol 77",
        i.At<std::uint32_t>(I::kSysvHash + 12 + 4 * I::kSymPyInit) = 77),
    LIE(SysvEndless, kBad, "at symbol 3 (expected each symbol once",
        i.At<std::uint32_t>(I::kSysvHash + 12 + 4 * I::kSymPuts) =
            I::kSymPyInit),
    LIE(SymtabOutside, kBad, "DT_SYMTAB 0x74c with 6 symbols",
        i.dyn(I::kDynSymtab).d_un.d_val = I::kTablesEnd - 24),
    LIE(SymbolName, kBad, "st_name at offset 0x4000",
        i.sym(2).st_name = 0x4000),
    LIE(SymbolNameAtTheEnd, kBad, "st_name at offset 0x6b",
        i.sym(5).st_name = I::kText.size()),
  };
}

#undef LIE
// clang-format on

#define LIES(suite)                                                           \
  INSTANTIATE_TEST_SUITE_P(suite, BadElf, ::testing::ValuesIn(suite##Lies()), \
                           LieName)
LIES(Header);
LIES(Load);
LIES(OtherSegment);
LIES(Dynamic);
LIES(Call);
LIES(NeedVersion);
LIES(DefinedVersion);
LIES(GnuHash);
LIES(Symbol);
#undef LIES

}  // namespace
}  // namespace inmem::elf
