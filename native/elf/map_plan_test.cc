// native/elf/map_plan_test.cc: what is copied, what is mapped, what is refused.
#include "elf/map_plan.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "elf/lies.h"

namespace inmem::elf {
namespace {

using testing::ElfImage;
using testing::Parse;

constexpr std::uint64_t kPage = 0x1000;

MapDecision Decide(const ElfFile& file, std::uint64_t page_size) {
  const auto relocations = file.CheckRelocations();
  EXPECT_TRUE(relocations.ok()) << relocations.status().message();
  return PlanMapping(file, relocations.value(), page_size);
}

bool Covers(const MapPlan& plan, std::uint64_t offset, std::uint64_t size) {
  for (const FileRange& range : plan.copied) {
    if (range.offset_bytes <= offset &&
        offset + size <= range.offset_bytes + range.size_bytes) {
      return true;
    }
  }
  return false;
}

TEST(MapPlan, MapsTablesAndCode) {
  ElfImage image;
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok());
  const MapDecision decision = Decide(file.value(), kPage);
  ASSERT_TRUE(decision.plan.has_value()) << decision.refusal;
  EXPECT_EQ(decision.refusal, "");
  const auto& mapped = decision.plan->mapped;
  ASSERT_EQ(mapped.size(), 2U);
  EXPECT_EQ(mapped[0].address, 0U);
  EXPECT_EQ(mapped[0].offset_bytes, 0U);
  EXPECT_EQ(mapped[0].size_bytes, kPage);
  EXPECT_EQ(mapped[0].protection, PROT_READ);
  EXPECT_EQ(mapped[1].address, 0x1000U);
  EXPECT_EQ(mapped[1].offset_bytes, 0x1000U);
  EXPECT_EQ(mapped[1].protection, PROT_READ | PROT_EXEC);
}

TEST(MapPlan, CopiesWhatTheLinkerReads) {
  ElfImage image;
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok());
  const MapDecision decision = Decide(file.value(), kPage);
  ASSERT_TRUE(decision.plan.has_value());
  const MapPlan& plan = *decision.plan;
  EXPECT_TRUE(Covers(plan, 0, sizeof(Elf64_Ehdr)));
  EXPECT_TRUE(Covers(plan, ElfImage::kPhdrs,
                     ElfImage::kPhdrCount * sizeof(Elf64_Phdr)));
  EXPECT_TRUE(Covers(plan, ElfImage::kStrings, ElfImage::kText.size()));
  EXPECT_TRUE(Covers(plan, ElfImage::kSymbols, 6 * sizeof(Elf64_Sym)));
  EXPECT_TRUE(Covers(plan, ElfImage::kSysvHash, 36));
  EXPECT_TRUE(Covers(plan, ElfImage::kGnuHash, 40));
  EXPECT_TRUE(Covers(plan, ElfImage::kVersym, 12));
  EXPECT_TRUE(Covers(plan, ElfImage::kVerneed, 32));
  EXPECT_TRUE(Covers(plan, ElfImage::kVerdef, 0x20 + 28));
  EXPECT_TRUE(Covers(plan, ElfImage::kRela, 8 * sizeof(Elf64_Rela)));
  EXPECT_TRUE(Covers(plan, ElfImage::kJmpRel, sizeof(Elf64_Rela)));
  EXPECT_TRUE(Covers(plan, ElfImage::kRelr, 16));
  EXPECT_TRUE(Covers(plan, ElfImage::kNote, 36));
  EXPECT_TRUE(
      Covers(plan, ElfImage::kDynamic, ElfImage::kSize - ElfImage::kDynamic));
  EXPECT_FALSE(Covers(plan, ElfImage::kCode, 1));
  std::uint64_t end = 0;
  for (const FileRange& range : plan.copied) {
    EXPECT_GT(range.size_bytes, 0U);
    EXPECT_TRUE(end == 0 || range.offset_bytes > end);
    end = range.offset_bytes + range.size_bytes;
  }
  EXPECT_LE(end, ElfImage::kSize);
}

TEST(MapPlan, CopiesTheTlsImageWhereItIsReadOnly) {
  ElfImage image;
  image.phdr(ElfImage::kPhdrTls).p_vaddr = ElfImage::kCode;
  image.phdr(ElfImage::kPhdrTls).p_offset = ElfImage::kCode;
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok());
  const MapDecision decision = Decide(file.value(), kPage);
  ASSERT_TRUE(decision.plan.has_value());
  EXPECT_TRUE(Covers(*decision.plan, ElfImage::kCode, 16));
}

void ExpectRefusal(ElfImage& image, const char* reason,
                   std::uint64_t page_size = kPage) {
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok()) << file.status().message();
  const MapDecision decision = Decide(file.value(), page_size);
  EXPECT_FALSE(decision.plan.has_value());
  EXPECT_NE(decision.refusal.find(reason), std::string::npos)
      << decision.refusal;
}

TEST(MapPlan, RefusesTextRelocations) {
  ElfImage image;
  image.dyn(ElfImage::kDynSpare) = {DT_TEXTREL, {0}};
  ExpectRefusal(image, "DT_TEXTREL");
}

TEST(MapPlan, RefusesResolvers) {
  ElfImage relocation;
  relocation.rela(ElfImage::kRelaAddress) = {
      ElfImage::Slot(1), R_X86_64_IRELATIVE, ElfImage::kCode};
  ExpectRefusal(relocation, "1 IRELATIVE");
  ElfImage symbol;
  symbol.sym(ElfImage::kSymPyInit).st_info =
      ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC);
  ExpectRefusal(symbol, "a function by a resolver");
}

TEST(MapPlan, RefusesLargerPagesThanTheFileIsMadeFor) {
  ElfImage shared;
  ExpectRefusal(shared, "shares a page with that at 0x1000", 0x10000);
  ElfImage shifted;
  shifted.phdr(ElfImage::kLoadTables).p_flags |= PF_W;
  shifted.phdr(ElfImage::kLoadCode) = {PT_LOAD, PF_R | PF_X, 0,    0x1000,
                                       0,       0x40,        0x40, 0x1000};
  shifted.Remove(ElfImage::kDynInit);
  shifted.Remove(ElfImage::kDynFini);
  ExpectRefusal(shifted, "differ modulo the page size 0x10000", 0x10000);
}

TEST(MapPlan, RefusesReadOnlySegmentsWithZeroes) {
  ElfImage image;
  image.phdr(ElfImage::kLoadCode).p_memsz += 8;
  ExpectRefusal(image, "larger in memory than in the file");
}

TEST(MapPlan, RefusesWhatHasNothingToMap) {
  ElfImage image;
  image.phdr(ElfImage::kLoadTables).p_flags |= PF_W;
  image.phdr(ElfImage::kLoadCode).p_flags |= PF_W;
  ExpectRefusal(image, "no read-only segment");
}

}  // namespace
}  // namespace inmem::elf
