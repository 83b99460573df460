// native/elf/relocations_test.cc: relocations read, and every check of them.
#include "elf/relocations.h"

#include <gtest/gtest.h>

#include "elf/lies.h"

namespace inmem::elf {
namespace {

using testing::ElfImage;
using testing::ExpectLie;
using testing::Lie;
using testing::LieName;
using testing::Parse;

class EitherMachine : public ::testing::TestWithParam<std::uint16_t> {};

TEST_P(EitherMachine, CountsRelocations) {
  ElfImage image(GetParam());
  const auto file = Parse(image, GetParam());
  ASSERT_TRUE(file.ok()) << file.status().message();
  const auto counts = file.value().CheckRelocations();
  ASSERT_TRUE(counts.ok()) << counts.status().message();
  EXPECT_EQ(counts.value().relative, 2U);
  EXPECT_EQ(counts.value().symbolic, 6U);
  EXPECT_EQ(counts.value().tls, 4U);
  EXPECT_EQ(counts.value().irelative, 0U);
  EXPECT_EQ(counts.value().relr, 3U);
  EXPECT_FALSE(counts.value().text);
}

TEST_P(EitherMachine, CountsResolvers) {
  ElfImage image(GetParam());
  image.rela(ElfImage::kRelaAddress) = {
      ElfImage::Slot(1), image.Type(R_X86_64_IRELATIVE, R_AARCH64_IRELATIVE),
      ElfImage::kCode};
  const auto file = Parse(image, GetParam());
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file.value().CheckRelocations().value().irelative, 1U);
}

INSTANTIATE_TEST_SUITE_P(Relocations, EitherMachine,
                         ::testing::Values(EM_X86_64, EM_AARCH64),
                         [](const auto& machine) {
                           return machine.param == EM_X86_64 ? "x86_64"
                                                             : "aarch64";
                         });

// As some linkers leave it: DT_RELASZ counts DT_JMPREL's entries, too.
TEST(Relocations, JmpRelWithinRelaIsMeantOnce) {
  ElfImage image;
  image.dyn(ElfImage::kDynRelasz).d_un.d_val += sizeof(Elf64_Rela);
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file.value().CheckRelocations().value().symbolic, 6U);
}

TEST(Relocations, NoneAtAll) {
  ElfImage image;
  for (const auto i : {ElfImage::kDynRela, ElfImage::kDynJmprel,
                       ElfImage::kDynPltrel, ElfImage::kDynRelr}) {
    image.Remove(i);
  }
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok());
  const auto counts = file.value().CheckRelocations();
  ASSERT_TRUE(counts.ok()) << counts.status().message();
  EXPECT_EQ(
      counts.value().relative + counts.value().symbolic + counts.value().relr,
      0U);
}

// Some linkers write addresses of 0 where there is nothing.
TEST(Relocations, EmptyTablesMayBeAnywhere) {
  ElfImage image;
  image.dyn(ElfImage::kDynRela).d_un.d_val = 0;
  image.dyn(ElfImage::kDynRelasz).d_un.d_val = 0;
  image.dyn(ElfImage::kDynRelrsz).d_un.d_val = 0;
  image.dyn(ElfImage::kDynPltrelsz).d_un.d_val = 0;
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file.value().CheckRelocations().ok());
}

TEST(Relocations, OfTextWhereItIsSaid) {
  for (const auto& [tag, value] :
       {std::pair<std::int64_t, std::uint64_t>{DT_TEXTREL, 0},
        {DT_FLAGS, DF_TEXTREL}}) {
    ElfImage image;
    image.rela(ElfImage::kRelaTable).r_offset = ElfImage::kCode + 8;
    image.dyn(ElfImage::kDynSpare) = {tag, {value}};
    const auto file = Parse(image);
    ASSERT_TRUE(file.ok());
    const auto counts = file.value().CheckRelocations();
    ASSERT_TRUE(counts.ok()) << counts.status().message();
    EXPECT_TRUE(counts.value().text);
  }
}

TEST(Relocations, SizesAreKnown) {
  EXPECT_EQ(SlotSize(EM_X86_64, R_X86_64_TLSDESC), 16U);
  EXPECT_EQ(SlotSize(EM_AARCH64, R_AARCH64_TLSDESC), 16U);
  EXPECT_EQ(SlotSize(EM_X86_64, R_X86_64_PC32), 4U);
  EXPECT_EQ(SlotSize(EM_X86_64, R_X86_64_NONE), 0U);
  EXPECT_EQ(KindOf(EM_AARCH64, R_AARCH64_NONE), RelocationKind::kNone);
  EXPECT_EQ(KindOf(EM_X86_64, R_X86_64_COPY), RelocationKind::kUnknown);
  EXPECT_EQ(KindOf(EM_AARCH64, R_AARCH64_COPY), RelocationKind::kUnknown);
  EXPECT_EQ(KindOf(EM_386, R_386_RELATIVE), RelocationKind::kUnknown);
}

class BadRelocations : public ::testing::TestWithParam<Lie> {};

TEST_P(BadRelocations, AreRefused) {
  ElfImage image;
  GetParam().tell(image);
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok()) << file.status().message();
  ExpectLie(file.value().CheckRelocations().status(), GetParam());
}

constexpr auto kBad = ErrorCode::kBadElf;

using I = ElfImage;

// clang-format off: a table.
#define LIE(name, found, ...) \
  Lie { #name, kBad, found, [](ElfImage& i) { __VA_ARGS__; } }

std::vector<Lie> TableLies() {
  return {
    LIE(RelaOutside, "DT_RELA 0x9000",
        i.dyn(I::kDynRela).d_un.d_val = 0x9000),
    LIE(RelaHuge, "DT_RELASZ 0xfffffffffffffff0",
        i.dyn(I::kDynRelasz).d_un.d_val = ~std::uint64_t{15}),
    LIE(RelaSize, "DT_RELASZ 0x19 (expected a multiple of 24",
        i.dyn(I::kDynRelasz).d_un.d_val = 25),
    LIE(RelaEntry, "DT_RELAENT 16 (expected 24",
        i.dyn(I::kDynRelaent).d_un.d_val = 16),
    LIE(RelaWithoutSize, "DT_RELA without DT_RELASZ", i.Remove(I::kDynRelasz)),
    LIE(RelaWithoutEntry, "DT_RELA without DT_RELAENT",
        i.Remove(I::kDynRelaent)),
    LIE(RelaCountHuge, "DT_RELACOUNT 9 (expected at most",
        i.dyn(I::kDynRelacount).d_un.d_val = 9),
    LIE(RelaCountNotRelative, "among the first DT_RELACOUNT",
        i.dyn(I::kDynRelacount).d_un.d_val = 3),
    LIE(Rel, "DT_REL (expected", i.dyn(I::kDynSpare) = {DT_REL, {0x640}}),
    LIE(JmprelOutside, "DT_JMPREL 0x9000",
        i.dyn(I::kDynJmprel).d_un.d_val = 0x9000),
    LIE(JmprelSize, "DT_PLTRELSZ 0x17",
        i.dyn(I::kDynPltrelsz).d_un.d_val = 23),
    LIE(JmprelWithoutKind, "DT_JMPREL without DT_PLTREL",
        i.Remove(I::kDynPltrel)),
    LIE(JmprelWithoutSize, "without DT_PLTRELSZ", i.Remove(I::kDynPltrelsz)),
    LIE(KindWithoutJmprel, "DT_PLTREL without DT_JMPREL",
        i.Remove(I::kDynJmprel)),
    LIE(KindRel, "DT_PLTREL 17", i.dyn(I::kDynPltrel).d_un.d_val = DT_REL),
    LIE(NoPltGot, "DT_JMPREL without DT_PLTGOT",
        i.Remove(I::kDynPltgot); i.Remove(I::kDynFlags1)),
    LIE(PltGotOutside, "DT_PLTGOT 0x9000",
        i.dyn(I::kDynPltgot).d_un.d_val = 0x9000),
    LIE(PltGotReadOnly, "DT_PLTGOT 0x1000",
        i.dyn(I::kDynPltgot).d_un.d_val = I::kCode),
    LIE(RelrOutside, "DT_RELR 0x9000",
        i.dyn(I::kDynRelr).d_un.d_val = 0x9000),
    LIE(RelrSize, "DT_RELRSZ 0x9", i.dyn(I::kDynRelrsz).d_un.d_val = 9),
    LIE(RelrEntry, "DT_RELRENT 4", i.dyn(I::kDynRelrent).d_un.d_val = 4),
    LIE(RelrWithoutSize, "DT_RELR without DT_RELRSZ",
        i.Remove(I::kDynRelrsz)),
    LIE(RelrWithoutEntry, "DT_RELR without DT_RELRENT",
        i.Remove(I::kDynRelrent)),
  };
}

std::vector<Lie> EntryLies() {
  return {
    LIE(UnknownType, "relocation type 200 at 0x2348",
        i.rela(I::kRelaAddress).r_info = 200),
    LIE(OtherMachinesType, "relocation type 1027",
        i.rela(I::kRelaAddress).r_info = R_AARCH64_RELATIVE),
    LIE(Copy, "relocation type 5",
        i.rela(I::kRelaAddress).r_info =
            ELF64_R_INFO(std::uint64_t{I::kSymTable}, R_X86_64_COPY)),
    LIE(SymbolOutside, "symbol 6 (expected below 6",
        i.rela(I::kRelaAddress).r_info =
            ELF64_R_INFO(std::uint64_t{6}, R_X86_64_64)),
    LIE(JmprelSymbolOutside, "symbol 4294967295",
        i.jmprel().r_info =
            ELF64_R_INFO(std::uint64_t{0xffffffff}, R_X86_64_JUMP_SLOT)),
    LIE(SlotOutside, "relocation of 8 bytes at 0x9000",
        i.rela(I::kRelaTable).r_offset = 0x9000),
    LIE(SlotWraps, "relocation of 8 bytes at 0xfffffffffffffffc",
        i.rela(I::kRelaTable).r_offset = ~std::uint64_t{3}),
    LIE(SlotPastTheEnd, "relocation of 8 bytes at 0x24cc",
        i.rela(I::kRelaTable).r_offset = I::Data(I::kSize + I::kBss) - 4),
    LIE(DescriptorPastTheEnd, "relocation of 16 bytes at 0x24c8",
        i.rela(I::kRelaDescriptor).r_offset =
            I::Data(I::kSize + I::kBss) - 8),
    LIE(SlotInCode, "relocation at 0x1008 in a read-only PT_LOAD",
        i.rela(I::kRelaTable).r_offset = I::kCode + 8),
    LIE(PltGotInDynamic, "in a table that is being read",
            i.dyn(I::kDynPltgot).d_un.d_val = I::Data(I::kDynamic)),
        LIE(SlotInDynamic, "in a table that is being read",
            i.rela(I::kRelaTable).r_offset = I::Data(I::kDynamic)),
        LIE(SlotInDynamicAfterOthers, "in a table that is being read",
            i.rela(I::kRelaTable) = i.rela(I::kRelaInit);
            i.rela(I::kRelaAddress) = {I::Data(I::kDynamic) + 8,
                                       R_X86_64_RELATIVE, 0}),
        LIE(SymbolsSlotInDynamicAfterOthers, "in a table that is being read",
            i.rela(I::kRelaAddress).r_offset = I::Data(I::kDynamic) + 8),
        LIE(SlotReachesDynamic, "in a table that is being read",
            i.phdr(I::kLoadData).p_offset -= 0x10;
            i.phdr(I::kLoadData).p_vaddr -= 0x10;
            i.phdr(I::kLoadData).p_filesz += 0x10;
            i.phdr(I::kLoadData).p_memsz += 0x10;
            i.rela(I::kRelaTable).r_offset = I::Data(I::kDynamic) - 4),
        LIE(SlotInWritableTables, "in a table that is being read",
            i.phdr(I::kLoadTables).p_flags |= PF_W;
            i.At<std::uint64_t>(I::kRelr) = I::kStrings + 8),
        LIE(ResolverOutside, "IRELATIVE resolver at 0x9000",
        i.rela(I::kRelaAddress) = {I::Slot(1), R_X86_64_IRELATIVE, 0x9000}),
    LIE(ResolverInData, "IRELATIVE resolver at 0x2340",
        i.rela(I::kRelaAddress) = {I::Slot(1), R_X86_64_IRELATIVE,
                                   I::Slot(0)}),
    LIE(RelrBitmapFirst, "DT_RELR that begins with a bitmap",
        i.At<std::uint64_t>(I::kRelr) = 3),
    LIE(RelrSlotOutside, "relocation of 8 bytes at 0x9000",
        i.At<std::uint64_t>(I::kRelr) = 0x9000),
    LIE(RelrBitOutside, "relocation of 8 bytes at",
        i.At<std::uint64_t>(I::kRelr + 8) = ~std::uint64_t{0}),
  };
}

#undef LIE
// clang-format on

INSTANTIATE_TEST_SUITE_P(Tables, BadRelocations,
                         ::testing::ValuesIn(TableLies()), LieName);
INSTANTIATE_TEST_SUITE_P(Entries, BadRelocations,
                         ::testing::ValuesIn(EntryLies()), LieName);

}  // namespace
}  // namespace inmem::elf
