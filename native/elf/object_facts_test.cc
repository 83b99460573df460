// native/elf/object_facts_test.cc: facts of good, foreign and broken files.
#include "elf/object_facts.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "elf/elf_image.h"

namespace inmem::elf {
namespace {

using testing::ElfImage;

ObjectFacts FactsOf(ElfImage& image) {
  return ReadObjectFacts(image.bytes(), "app.pyz!/x.so");
}

TEST(ObjectFacts, TellsOfAWellFormedObject) {
  ElfImage image;
  ASSERT_TRUE(HasElfMagic(image.bytes()));
  const ObjectFacts facts = FactsOf(image);
  ASSERT_TRUE(facts.problem.ok()) << facts.problem.message();
  EXPECT_EQ(facts.machine, "EM_X86_64");
  EXPECT_EQ(facts.type, "ET_DYN");
  EXPECT_EQ(facts.soname, "libself.so.1");
  EXPECT_EQ(facts.needed,
            (std::vector<std::string>{"libneed.so.2", "libc.so.6"}));
  EXPECT_EQ(facts.runpath, "$ORIGIN/../x.libs");
  EXPECT_EQ(facts.rpath, std::nullopt);
  ASSERT_EQ(facts.version_needs.size(), 1U);
  EXPECT_EQ(facts.version_needs[0].file, "libc.so.6");
  EXPECT_EQ(facts.version_needs[0].version, "GLIBC_2.2.5");
  EXPECT_TRUE(facts.version_needs[0].weak);
  EXPECT_EQ(facts.version_definitions,
            (std::vector<std::string>{"libself.so.1", "V1"}));
  EXPECT_EQ(facts.module_entries, std::vector<std::string>{"PyInit_x"});
  // The weak reference `optional` may stay unbound.
  EXPECT_EQ(facts.undefined, "puts");
  EXPECT_EQ(facts.defined, "PyInit_x\ntable\ncounter");
  EXPECT_FALSE(facts.executable_stack);
  EXPECT_FALSE(facts.text_relocations);
  EXPECT_EQ(facts.build_id, "000102030405060708090a0b0c0d0e0f10111213");
  EXPECT_GT(facts.copied_bytes, 0U);
  EXPECT_EQ(facts.map_refusal, "");
}

TEST(ObjectFacts, ReadsTheOtherMachineToo) {
  ElfImage image(EM_AARCH64);
  const ObjectFacts facts = FactsOf(image);
  EXPECT_TRUE(facts.problem.ok()) << facts.problem.message();
  EXPECT_EQ(facts.machine, "EM_AARCH64");
  EXPECT_EQ(facts.soname, "libself.so.1");
}

TEST(ObjectFacts, NamesAMachineThatItDoesNotRead) {
  ElfImage image;
  image.ehdr().e_machine = EM_PPC64;
  const ObjectFacts facts = FactsOf(image);
  EXPECT_EQ(facts.problem.code(), ErrorCode::kWrongMachine);
  EXPECT_EQ(facts.machine, "EM_PPC64");
  EXPECT_TRUE(facts.needed.empty());
}

TEST(ObjectFacts, ReadsTheHeaderOfAForeignByteOrder) {
  ElfImage image;
  image.ehdr().e_ident[EI_DATA] = ELFDATA2MSB;
  image.ehdr().e_machine = __builtin_bswap16(EM_S390);
  image.ehdr().e_type = __builtin_bswap16(ET_DYN);
  const ObjectFacts facts = FactsOf(image);
  EXPECT_EQ(facts.problem.code(), ErrorCode::kWrongMachine);
  EXPECT_EQ(facts.machine, "EM_S390");
  EXPECT_EQ(facts.type, "ET_DYN");
}

TEST(ObjectFacts, LooksAtProgramsThatCannotBeLoaded) {
  ElfImage image;
  image.ehdr().e_type = ET_EXEC;
  const ObjectFacts facts = FactsOf(image);
  EXPECT_TRUE(facts.problem.ok()) << facts.problem.message();
  EXPECT_EQ(facts.type, "ET_EXEC");
  EXPECT_EQ(facts.needed.size(), 2U);
  EXPECT_EQ(facts.map_refusal, "a program");
}

TEST(ObjectFacts, KnowsAStaticProgram) {
  ElfImage image;
  image.phdr(ElfImage::kPhdrDynamic).p_type = PT_NULL;
  const ObjectFacts facts = FactsOf(image);
  EXPECT_TRUE(facts.problem.ok());
  EXPECT_TRUE(facts.static_program);
  EXPECT_TRUE(facts.needed.empty());
}

TEST(ObjectFacts, TellsExecutableStackAndTextRelocations) {
  ElfImage image;
  image.phdr(ElfImage::kPhdrStack).p_flags |= PF_X;
  image.dyn(ElfImage::kDynSpare).d_tag = DT_TEXTREL;
  const ObjectFacts facts = FactsOf(image);
  EXPECT_TRUE(facts.executable_stack);
  EXPECT_TRUE(facts.text_relocations);
  EXPECT_NE(facts.map_refusal, "");
}

TEST(ObjectFacts, TellsTheInstructionSetThatIsAskedFor) {
  ElfImage image;
  // In the place of the build id: a property note, x86-64-v3 (bit 2).
  const std::uint32_t note[] = {4, 16, 5, 0x00554e47, 0xc0008002, 4, 5, 0};
  std::memcpy(&image.bytes()[ElfImage::kNote], note, sizeof note);
  EXPECT_EQ(FactsOf(image).x86_isa_needed, 5U);
  // The note's end is cut off.
  image.At<Elf64_Nhdr>(ElfImage::kNote).n_descsz = 0x4000;
  EXPECT_EQ(FactsOf(image).x86_isa_needed, 0U);
}

TEST(ObjectFacts, CutOffAnywhereGivesAProblemAndNoCrash) {
  ElfImage image;
  for (std::size_t size = 4; size < image.bytes().size(); size += 13) {
    const std::vector<std::byte> cut(image.bytes().begin(),
                                     image.bytes().begin() + size);
    ASSERT_TRUE(HasElfMagic(cut));
    EXPECT_FALSE(ReadObjectFacts(cut, "x").problem.ok()) << size;
  }
}

}  // namespace
}  // namespace inmem::elf
