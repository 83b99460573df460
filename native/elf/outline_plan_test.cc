// native/elf/outline_plan_test.cc: what ld.so gets to see of an object that it
// does not relocate.
#include "elf/outline_plan.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

#include "elf/lies.h"

namespace inmem::elf {
namespace {

using testing::ElfImage;
using testing::Parse;

constexpr std::uint64_t kPage = 0x1000;

// Without the relocations that are ld.so's alone.
class Plain : public ElfImage {
 public:
  Plain() {
    for (const int special : {kRelaDescriptor, kRelaThread}) {
      rela(static_cast<std::uint64_t>(special)).r_info =
          ELF64_R_INFO(std::uint64_t{kSymCounter}, R_X86_64_DTPOFF64);
    }
    // Code in a page of its own, and data that begins with one.
    phdr(kLoadData).p_align = kPage;
  }
};

OutlineDecision Decide(ElfImage& image, std::uint64_t page_size = kPage) {
  const auto file = Parse(image);
  EXPECT_TRUE(file.ok()) << file.status().message();
  const auto relocations = file.value().CheckRelocations();
  EXPECT_TRUE(relocations.ok()) << relocations.status().message();
  return PlanOutline(file.value(), relocations.value(), page_size);
}

template <typename T>
T Edited(const std::vector<Edit>& edits, std::uint64_t offset) {
  T value{};
  for (const Edit& edit : edits) {
    if (edit.offset_bytes > offset ||
        offset + sizeof value > edit.offset_bytes + edit.bytes.size()) {
      continue;
    }
    std::memcpy(&value, edit.bytes.data() + (offset - edit.offset_bytes),
                sizeof value);
  }
  return value;
}

TEST(OutlinePlan, IsOneWritableSegment) {
  Plain image;
  const auto [plan, refusal] = Decide(image);
  ASSERT_TRUE(plan.has_value()) << refusal;
  EXPECT_EQ(plan->begin_address, 0U);
  EXPECT_EQ(plan->size_bytes, 0x3000U);
  const auto phdr = [&plan = *plan](int i) {
    return Edited<Elf64_Phdr>(
        plan.edits,
        ElfImage::kPhdrs + static_cast<std::uint64_t>(i) * sizeof(Elf64_Phdr));
  };
  const auto whole = phdr(ElfImage::kLoadTables);
  EXPECT_EQ(whole.p_type, static_cast<Elf64_Word>(PT_LOAD));
  EXPECT_EQ(whole.p_flags, static_cast<Elf64_Word>(PF_R | PF_W));
  EXPECT_EQ(whole.p_filesz, 0x3000U);
  EXPECT_EQ(whole.p_memsz, 0x3000U);
  for (const int gone :
       {ElfImage::kLoadCode, ElfImage::kLoadData, ElfImage::kPhdrRelro}) {
    EXPECT_EQ(phdr(gone).p_type, static_cast<Elf64_Word>(PT_NULL)) << gone;
  }
  const auto tls = phdr(ElfImage::kPhdrTls);
  EXPECT_EQ(tls.p_type, static_cast<Elf64_Word>(PT_TLS));
  EXPECT_EQ(tls.p_vaddr, ElfImage::Data(ElfImage::kTls));
}

TEST(OutlinePlan, HasNothingToRelocate) {
  Plain image;
  const auto [plan, refusal] = Decide(image);
  ASSERT_TRUE(plan.has_value()) << refusal;
  for (const auto tag :
       {ElfImage::kDynRela, ElfImage::kDynRelasz, ElfImage::kDynRelacount,
        ElfImage::kDynJmprel, ElfImage::kDynPltrelsz, ElfImage::kDynPltrel,
        ElfImage::kDynRelr, ElfImage::kDynRelrsz, ElfImage::kDynRelrent}) {
    const auto dyn = Edited<Elf64_Dyn>(
        plan->edits, ElfImage::kDynamic +
                         static_cast<std::uint64_t>(tag) * sizeof(Elf64_Dyn));
    EXPECT_EQ(dyn.d_tag, DT_DEBUG) << tag;
  }
}

TEST(OutlinePlan, MapsTheRestOfTheFile) {
  Plain image;
  const auto [plan, refusal] = Decide(image);
  ASSERT_TRUE(plan.has_value()) << refusal;
  ASSERT_EQ(plan->loads.size(), 3U);
  EXPECT_EQ(plan->loads[0].protection, PROT_READ);
  EXPECT_EQ(plan->loads[1].protection, PROT_READ | PROT_EXEC);
  EXPECT_EQ(plan->loads[2].protection, PROT_READ | PROT_WRITE);
  EXPECT_EQ(plan->loads[2].address, 0x2000U);
  EXPECT_EQ(plan->loads[2].offset_bytes, 0x1000U);
  EXPECT_EQ(plan->loads[2].shift, ElfImage::kDataShift);
  EXPECT_EQ(plan->loads[2].zeros_address, ElfImage::Data(ElfImage::kSize));
  EXPECT_EQ(plan->loads[1].copied.size(), 0U);
  EXPECT_EQ(plan->dynamic_address, ElfImage::Data(ElfImage::kDynamic));
  EXPECT_EQ(plan->kept_begin, 0x2000U);
  EXPECT_EQ(plan->kept_end, 0x3000U);
  EXPECT_EQ(plan->kept_file.offset_bytes, ElfImage::kDynamic);
  EXPECT_EQ(plan->kept_file.size_bytes, ElfImage::kSize - ElfImage::kDynamic);
}

TEST(OutlinePlan, CopiesWhatTheLinkerReads) {
  Plain image;
  const auto [plan, refusal] = Decide(image);
  ASSERT_TRUE(plan.has_value()) << refusal;
  const auto covers = [&plan = *plan](std::uint64_t offset,
                                      std::uint64_t size) {
    for (const FileRange& range : plan.loads[0].copied) {
      if (range.offset_bytes <= offset &&
          offset + size <= range.offset_bytes + range.size_bytes) {
        return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(covers(0, sizeof(Elf64_Ehdr)));
  EXPECT_TRUE(covers(ElfImage::kGnuHash, 16));
  EXPECT_TRUE(covers(ElfImage::kVerneed, 32));
  EXPECT_TRUE(covers(ElfImage::kVerdef, 0x20 + 28));
  EXPECT_TRUE(covers(ElfImage::kNote, 36));
  for (const std::uint64_t name :
       {ElfImage::kSoname, ElfImage::kNeed, ElfImage::kRunpath, ElfImage::kLibc,
        ElfImage::kGlibc, ElfImage::kV1}) {
    EXPECT_TRUE(covers(ElfImage::kStrings + name, 3)) << name;
  }
  EXPECT_FALSE(covers(ElfImage::kSymbols, 6 * sizeof(Elf64_Sym)));
  EXPECT_FALSE(covers(ElfImage::kRela, sizeof(Elf64_Rela)));
}

void ExpectRefusal(ElfImage& image, const char* reason) {
  const OutlineDecision decision = Decide(image);
  EXPECT_FALSE(decision.plan.has_value());
  EXPECT_NE(decision.refusal.find(reason), std::string::npos)
      << decision.refusal;
}

TEST(OutlinePlan, RefusesWhatIsTheLinkersAlone) {
  ElfImage image;  // with a descriptor and an offset from the thread pointer
  ExpectRefusal(image, "2 relocations that are the linker's alone");
}

TEST(OutlinePlan, RefusesFilters) {
  for (const auto tag : {DT_FILTER, DT_AUXILIARY}) {
    Plain image;
    image.dyn(ElfImage::kDynRunpath).d_tag = tag;
    ExpectRefusal(image, "a filter of another library");
  }
}

// What other plans change in the same bytes stays theirs.
TEST(OutlinePlan, LeavesNeedsAndConstructorsToTheirPlans) {
  Plain image;
  const auto [plan, refusal] = Decide(image);
  ASSERT_TRUE(plan.has_value()) << refusal;
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok()) << file.status().message();
  std::vector<Edit> others = PlanDeferConstructors(file.value());
  others.push_back(PlanDrop(file.value(), 0));
  const auto renamed = PlanRename(file.value(), 0, "@1");
  ASSERT_TRUE(renamed.has_value());
  others.insert(others.end(), renamed->begin(), renamed->end());
  for (const Edit& other : others) {
    for (const Edit& own : plan->edits) {
      EXPECT_TRUE(other.offset_bytes + other.bytes.size() <= own.offset_bytes ||
                  own.offset_bytes + own.bytes.size() <= other.offset_bytes)
          << other.offset_bytes;
    }
  }
}

TEST(OutlinePlan, RefusesLargerPagesThanTheFileIsMadeFor) {
  Plain image;
  const OutlineDecision decision = Decide(image, 0x10000);
  EXPECT_FALSE(decision.plan.has_value());
  EXPECT_NE(decision.refusal.find("modulo the page size"), std::string::npos)
      << decision.refusal;
}

}  // namespace
}  // namespace inmem::elf
