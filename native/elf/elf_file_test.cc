// native/elf/elf_file_test.cc: every check of the ELF reader.
#include "elf/elf_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "elf/elf_image.h"
#include "elf/names.h"

namespace inmem::elf {
namespace {

using testing::ElfImage;

Result<ElfFile> Parse(ElfImage& image) {
  return ElfFile::Parse(image.bytes(), "app.pyz!/x.so", EM_X86_64);
}

TEST(ElfFile, ReadsWhatIsThere) {
  ElfImage image;
  const auto parsed = Parse(image);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  const ElfFile& file = parsed.value();
  EXPECT_EQ(file.soname(), "libself.so.1");
  ASSERT_EQ(file.needs().size(), 2U);
  EXPECT_EQ(file.needs()[0].name, "libneed.so.2");
  EXPECT_EQ(file.needs()[0].name_offset_bytes,
            ElfImage::kStrings + ElfImage::kNeed);
  EXPECT_EQ(file.needs()[1].name, "libc.so.6");
  EXPECT_EQ(file.needs()[1].dyn_offset_bytes,
            ElfImage::kDynamic + ElfImage::kDynNeedB * sizeof(Elf64_Dyn));
  EXPECT_EQ(file.runpath(), "$ORIGIN/../x.libs");
  EXPECT_FALSE(file.rpath().has_value());
  EXPECT_EQ(file.flags(), 0U);
  EXPECT_EQ(file.flags_1(), std::uint64_t{DF_1_NOW});
  ASSERT_EQ(file.version_needs().size(), 1U);
  EXPECT_EQ(file.version_needs()[0].file, "libc.so.6");
  EXPECT_EQ(file.version_needs()[0].version, "GLIBC_2.2.5");
  EXPECT_TRUE(file.version_needs()[0].weak);
  const auto symbols = file.Symbols();
  ASSERT_TRUE(symbols.ok()) << symbols.status().message();
  ASSERT_EQ(symbols.value().size(), 2U);
  EXPECT_EQ(symbols.value()[0].name, "puts");
  EXPECT_FALSE(symbols.value()[0].defined());
  EXPECT_EQ(symbols.value()[1].name, "PyInit_x");
  EXPECT_TRUE(symbols.value()[1].defined());
  EXPECT_TRUE(file.Defines("PyInit_x"));
  EXPECT_FALSE(file.Defines("puts"));
}

TEST(ElfFile, CountsSymbolsByEitherTable) {
  ElfImage image;
  image.Remove(ElfImage::kDynHash);
  EXPECT_EQ(Parse(image).value().SymbolCount().value(), 3U);
  image.Remove(ElfImage::kDynGnuHash);
  EXPECT_EQ(Parse(image).value().SymbolCount().value(), 0U);
  EXPECT_TRUE(Parse(image).value().Symbols().value().empty());
}

TEST(ElfFile, GnuHashWithoutDefinitions) {
  ElfImage image;
  image.Remove(ElfImage::kDynHash);
  image.At<std::uint32_t>(ElfImage::kGnuHash + 24) = 0;  // the one bucket
  EXPECT_EQ(Parse(image).value().SymbolCount().value(), 2U);
}

TEST(ElfFile, AcceptsGnuOsAbiAndRpath) {
  ElfImage image;
  image.ehdr().e_ident[EI_OSABI] = ELFOSABI_GNU;
  image.dyn(ElfImage::kDynRunpath).d_tag = DT_RPATH;
  const auto parsed = Parse(image);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value().rpath(), "$ORIGIN/../x.libs");
}

TEST(ElfFile, ReadsUnalignedBytes) {
  ElfImage image;
  std::vector<std::byte> shifted(image.bytes().size() + 1);
  std::copy(image.bytes().begin(), image.bytes().end(), shifted.begin() + 1);
  const auto parsed =
      ElfFile::Parse(std::span(shifted).subspan(1), "x", EM_X86_64);
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed.value().Symbols().ok());
}

TEST(ElfFile, ReadsTheOtherMachine) {
  ElfImage image(EM_AARCH64);
  EXPECT_TRUE(ElfFile::Parse(image.bytes(), "x", EM_AARCH64).ok());
}

struct Lie {
  const char* name;
  ErrorCode code;
  const char* found;  // a part of the message
  std::function<void(ElfImage&)> tell;
};

class BadElf : public ::testing::TestWithParam<Lie> {};

TEST_P(BadElf, IsRefused) {
  ElfImage image;
  GetParam().tell(image);
  const auto parsed = Parse(image);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.status().code(), GetParam().code);
  const std::string& message = parsed.status().message();
  EXPECT_TRUE(message.starts_with("app.pyz!/x.so: ")) << message;
  EXPECT_NE(message.find(GetParam().found), std::string::npos) << message;
  EXPECT_NE(message.find("(expected "), std::string::npos) << message;
}

constexpr auto kBad = ErrorCode::kBadElf;
constexpr auto kMachine = ErrorCode::kWrongMachine;

#define LIE(name, code, found, ...)                      \
  Lie {                                                  \
    #name, code, found, [](ElfImage& i) { __VA_ARGS__; } \
  }

std::vector<Lie> HeaderLies() {
  return {
    LIE(Empty, kBad, "0 bytes", i.bytes().clear()),
        LIE(Short, kBad, "63 bytes", i.bytes().resize(63)),
        LIE(Magic, kBad, "no ELF magic", i.ehdr().e_ident[1] = 'e'),
        LIE(ShortText, kBad, "no ELF magic",
            i.bytes().assign(5, std::byte{'#'})),
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
        LIE(IdentVersion, kBad, "EI_VERSION 0",
            i.ehdr().e_ident[EI_VERSION] = 0),
        LIE(TypeExec, kBad, "e_type ET_EXEC (expected ET_DYN)",
            i.ehdr().e_type = ET_EXEC),
        LIE(TypeRel, kBad, "e_type ET_REL", i.ehdr().e_type = ET_REL),
        LIE(Version, kBad, "e_version 2", i.ehdr().e_version = 2),
        LIE(Phentsize, kBad, "e_phentsize 32", i.ehdr().e_phentsize = 32),
        LIE(Phnum0, kBad, "e_phnum 0", i.ehdr().e_phnum = 0),
        LIE(PhnumXnum, kBad, "e_phnum 65535", i.ehdr().e_phnum = PN_XNUM),
        LIE(PhnumPastEnd, kBad, "program headers at 0x40",
            i.ehdr().e_phnum = 1000),
        LIE(PhoffPastEnd, kBad, "program headers at 0xfffffffffffffff0",
            i.ehdr().e_phoff = ~std::uint64_t{15}),
  };
}

std::vector<Lie> SegmentLies() {
  return {
    LIE(LoadPastEnd, kBad, "PT_LOAD 0: p_offset 0x0 + p_filesz 0x681",
        i.phdr(0).p_filesz = ElfImage::kSize + 1),
        LIE(LoadOffsetWraps, kBad, "PT_LOAD 0: p_offset 0xfffffffffffff000",
            i.phdr(0).p_offset = ~std::uint64_t{0xfff}),
        LIE(FileszOverMemsz, kBad, "p_filesz 0x680 (expected at most p_memsz",
            i.phdr(0).p_memsz = 1),
        LIE(VaddrWraps, kBad, "PT_LOAD 0: p_vaddr 0xfffffffffffff000",
            i.phdr(0).p_vaddr = ~std::uint64_t{0xfff}),
        LIE(MemszHuge, kBad, "p_memsz 0xffffffffffffffff",
            i.phdr(0).p_memsz = ~std::uint64_t{0}),
        LIE(Align3, kBad, "p_align 0x3", i.phdr(0).p_align = 3),
        LIE(Misaligned, kBad, "equal modulo p_align", i.phdr(0).p_vaddr = 8),
        LIE(NoLoad, kBad, "no PT_LOAD", i.phdr(0).p_type = PT_NOTE),
        LIE(Descending, kBad, "PT_LOAD 2: p_vaddr 0x0", i.phdr(2) = i.phdr(0)),
        LIE(TlsAlign, kBad, "PT_TLS 2: p_align 0x6", i.phdr(2).p_type = PT_TLS;
            i.phdr(2).p_align = 6),
        LIE(TlsPastEnd, kBad, "PT_TLS 2: p_offset", i.phdr(2).p_type = PT_TLS;
            i.phdr(2).p_filesz = ~std::uint64_t{0}),
  };
}

std::vector<Lie> DynamicLies() {
  return {
      LIE(NoDynamic, kBad, "no PT_DYNAMIC", i.phdr(1).p_type = PT_NOTE),
      LIE(TwoDynamic, kBad, "two PT_DYNAMIC", i.phdr(2) = i.phdr(1)),
      LIE(DynamicOutside, kBad, "PT_DYNAMIC: p_vaddr 0x10000",
          i.phdr(1).p_vaddr = 0x10000),
      LIE(NoNull, kBad, "without DT_NULL", i.Remove(ElfImage::kDynNull)),
      LIE(DynamicCut, kBad, "without DT_NULL", i.phdr(1).p_filesz = 40),
      LIE(NoStrtab, kBad, "no DT_STRTAB", i.Remove(ElfImage::kDynStrtab)),
      LIE(NoStrsz, kBad, "no DT_STRSZ", i.Remove(ElfImage::kDynStrsz)),
      LIE(NoSymtab, kBad, "no DT_SYMTAB", i.Remove(ElfImage::kDynSymtab)),
      LIE(Syment, kBad, "DT_SYMENT 16",
          i.dyn(ElfImage::kDynSyment).d_un.d_val = 16),
      LIE(StrtabOutside, kBad, "DT_STRTAB 0xffffffffffffff00",
          i.dyn(ElfImage::kDynStrtab).d_un.d_val = ~std::uint64_t{0xff}),
      LIE(StrszHuge, kBad, "DT_STRSZ 0xffffffffffffffff",
          i.dyn(ElfImage::kDynStrsz).d_un.d_val = ~std::uint64_t{0}),
      LIE(StrszZero, kBad, "without NUL at its end",
          i.dyn(ElfImage::kDynStrsz).d_un.d_val = 0),
      LIE(StringsUnended, kBad, "without NUL at its end",
          i.dyn(ElfImage::kDynStrsz).d_un.d_val = 5),
      LIE(NeededOutside, kBad, "DT_NEEDED at offset 0x51",
          i.dyn(ElfImage::kDynNeedA).d_un.d_val = ElfImage::kText.size()),
      LIE(NeededEmpty, kBad, "empty DT_NEEDED",
          i.dyn(ElfImage::kDynNeedA).d_un.d_val = 0),
      LIE(SonameOutside, kBad, "DT_SONAME at offset",
          i.dyn(ElfImage::kDynSoname).d_un.d_val = ~std::uint64_t{0}),
      LIE(RunpathOutside, kBad, "DT_RUNPATH at offset",
          i.dyn(ElfImage::kDynRunpath).d_un.d_val = 0x1000),
      LIE(RpathOutside, kBad, "DT_RPATH at offset",
          i.dyn(ElfImage::kDynRunpath) = {DT_RPATH, {0x1000}}),
  };
}

std::vector<Lie> VersionLies() {
  return {
      LIE(VerneedOutside, kBad, "Verneed at 0xfffffffffffffff0",
          i.dyn(ElfImage::kDynVerneed).d_un.d_val = ~std::uint64_t{15}),
      LIE(VnVersion, kBad, "vn_version 2",
          i.At<Elf64_Verneed>(ElfImage::kVerneed).vn_version = 2),
      LIE(VnFile, kBad, "vn_file at offset 0x5000",
          i.At<Elf64_Verneed>(ElfImage::kVerneed).vn_file = 0x5000),
      LIE(VnAux, kBad, "Vernaux at 0x5600",
          i.At<Elf64_Verneed>(ElfImage::kVerneed).vn_aux = 0x5000),
      LIE(VnNext, kBad, "Verneed at 0x5600",
          i.At<Elf64_Verneed>(ElfImage::kVerneed).vn_next = 0x5000),
      LIE(VnaName, kBad, "vna_name at offset 0x5000",
          i.At<Elf64_Vernaux>(ElfImage::kVerneed + 16).vna_name = 0x5000),
      LIE(VnaNext, kBad, "Vernaux at 0x5610",
          i.At<Elf64_Vernaux>(ElfImage::kVerneed + 16).vna_next = 0x5000),
  };
}

#undef LIE

std::string LieName(const ::testing::TestParamInfo<Lie>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Header, BadElf, ::testing::ValuesIn(HeaderLies()),
                         LieName);
INSTANTIATE_TEST_SUITE_P(Segments, BadElf, ::testing::ValuesIn(SegmentLies()),
                         LieName);
INSTANTIATE_TEST_SUITE_P(Dynamic, BadElf, ::testing::ValuesIn(DynamicLies()),
                         LieName);
INSTANTIATE_TEST_SUITE_P(Versions, BadElf, ::testing::ValuesIn(VersionLies()),
                         LieName);

// Symbols are read when asked for; until then their table may be anything.
void ExpectBadSymbols(ElfImage& image, const char* found) {
  const auto parsed = Parse(image);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  const auto symbols = parsed.value().Symbols();
  ASSERT_FALSE(symbols.ok());
  EXPECT_EQ(symbols.status().code(), ErrorCode::kBadElf);
  EXPECT_NE(symbols.status().message().find(found), std::string::npos)
      << symbols.status().message();
  EXPECT_FALSE(parsed.value().Defines("PyInit_x"));
}

TEST(BadSymbols, SysvHash) {
  ElfImage outside;
  outside.dyn(ElfImage::kDynHash).d_un.d_val = ~std::uint64_t{3};
  ExpectBadSymbols(outside, "DT_HASH 0xfffffffffffffffc");
  ElfImage chains;
  chains.At<std::uint32_t>(ElfImage::kSysvHash + 4) = ~0U;
  ExpectBadSymbols(chains, "nchain 4294967295");
}

TEST(BadSymbols, GnuHash) {
  ElfImage outside;
  outside.Remove(ElfImage::kDynHash);
  outside.dyn(ElfImage::kDynGnuHash).d_un.d_val = ElfImage::kSize - 4;
  ExpectBadSymbols(outside, "DT_GNU_HASH 0x67c");
  ElfImage buckets;
  buckets.Remove(ElfImage::kDynHash);
  buckets.At<std::uint32_t>(ElfImage::kGnuHash) = ~0U;
  ExpectBadSymbols(buckets, "nbuckets 4294967295");
  ElfImage bucket;
  bucket.Remove(ElfImage::kDynHash);
  bucket.At<std::uint32_t>(ElfImage::kGnuHash + 24) = ~0U;
  ExpectBadSymbols(bucket, "chain of symbol 4294967295");
  ElfImage endless;
  endless.Remove(ElfImage::kDynHash);
  for (std::uint64_t at = ElfImage::kGnuHash + 28; at < ElfImage::kSize;
       at += 4) {
    endless.At<std::uint32_t>(at) = 2;
  }
  endless.Remove(ElfImage::kDynVerneed);  // overwritten
  ExpectBadSymbols(endless, "an end within");
}

TEST(BadSymbols, Table) {
  ElfImage outside;
  outside.dyn(ElfImage::kDynSymtab).d_un.d_val = ElfImage::kSize - 24;
  ExpectBadSymbols(outside, "DT_SYMTAB 0x668 with 3 symbols");
  ElfImage name;
  name.sym(2).st_name = 0x4000;
  ExpectBadSymbols(name, "st_name at offset 0x4000");
}

// vn_next and vna_next only lead forwards, so a chain without an end leaves the
// file; records that overlap are bounded by their number.
TEST(BadVersions, ChainWithoutEnd) {
  ElfImage image;
  for (std::uint64_t at = ElfImage::kVerneed; at + 16 <= ElfImage::kSize;
       at += 16) {
    image.At<Elf64_Verneed>(at) = {VER_NEED_CURRENT, 1, ElfImage::kLibc, 16,
                                   16};
  }
  EXPECT_FALSE(Parse(image).ok());
}

// Whatever is cut off, nothing is read out of bounds; the sanitizers watch.
TEST(Truncated, AnImageAtEveryByte) {
  for (std::size_t size = 0; size < ElfImage::kSize; ++size) {
    ElfImage image;
    image.bytes().resize(size);
    image.bytes().shrink_to_fit();
    const auto parsed = Parse(image);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.status().code(), ErrorCode::kBadElf);
  }
}

TEST(Truncated, ARealLibraryAtEvery97thByte) {
  std::ifstream stream("/proc/self/exe", std::ios::binary);
  const std::vector<char> chars{std::istreambuf_iterator<char>(stream), {}};
  const auto all = std::as_bytes(std::span(chars));
  const auto whole = ElfFile::Parse(all, "self");
  ASSERT_TRUE(whole.ok()) << whole.status().message();
  std::uint64_t end_bytes = 0;
  for (const Elf64_Phdr& phdr : whole.value().program_headers()) {
    if (phdr.p_type != PT_LOAD) continue;
    end_bytes =
        std::max<std::uint64_t>(end_bytes, phdr.p_offset + phdr.p_filesz);
  }
  for (std::size_t size = 0; size < all.size();
       size += size < 97 * 1000 ? 97 : 97 * 97) {
    // What follows the last segment (sections, debug data) is not loaded.
    EXPECT_EQ(ElfFile::Parse(all.first(size), "self").ok(), size >= end_bytes);
  }
}

// Flips bytes of the tables; results may differ, reads may not go astray.
TEST(Mutated, EveryByteOfTheImage) {
  for (std::size_t at = 0; at < ElfImage::kSize; ++at) {
    for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      ElfImage image;
      image.bytes()[at] = static_cast<std::byte>(value);
      const auto parsed = Parse(image);
      if (!parsed.ok()) continue;
      (void)parsed.value().Symbols();
      (void)parsed.value().Defines("PyInit_x");
    }
  }
}

TEST(Names, NumbersWithoutANameAreShown) {
  EXPECT_EQ(MachineName(EM_RISCV), "EM_RISCV");
  EXPECT_EQ(MachineName(4242), "4242");
  EXPECT_EQ(TypeName(ET_CORE), "ET_CORE");
  EXPECT_EQ(TypeName(77), "77");
  EXPECT_EQ(OsAbiName(200), "200");
  EXPECT_EQ(SegmentTypeName(PT_NOTE), "0x4");
}

}  // namespace
}  // namespace inmem::elf
