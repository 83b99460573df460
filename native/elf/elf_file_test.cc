// native/elf/elf_file_test.cc: what the ELF reader reads.
#include "elf/elf_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "elf/lies.h"
#include "elf/names.h"

namespace inmem::elf {
namespace {

using testing::ElfImage;
using testing::Parse;

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
  ASSERT_EQ(symbols.size(), 5U);
  EXPECT_EQ(symbols[0].name, "puts");
  EXPECT_FALSE(symbols[0].defined());
  EXPECT_EQ(symbols[1].bind, STB_WEAK);
  EXPECT_EQ(symbols[2].name, "PyInit_x");
  EXPECT_TRUE(symbols[2].defined());
}

TEST(ElfFile, CountsSymbolsByEitherTable) {
  ElfImage image;
  image.Remove(ElfImage::kDynHash);
  EXPECT_EQ(Parse(image).value().SymbolCount(), 6U);
  // Without any table what is referred to counts.
  image.Remove(ElfImage::kDynGnuHash);
  EXPECT_EQ(Parse(image).value().SymbolCount(), 6U);
  for (const auto i : {ElfImage::kRelaOffset, ElfImage::kRelaDescriptor,
                       ElfImage::kRelaThread}) {
    image.rela(i).r_info &= 0xffffffffU;
  }
  EXPECT_EQ(Parse(image).value().SymbolCount(), 5U);
  for (const auto i :
       {ElfImage::kDynRela, ElfImage::kDynPltrel, ElfImage::kDynJmprel}) {
    image.Remove(i);
  }
  EXPECT_EQ(Parse(image).value().SymbolCount(), 1U);
  EXPECT_TRUE(Parse(image).value().Symbols().empty());
}

// As GNU ld leaves it where nothing is defined: symoffset 1, no chain.
TEST(ElfFile, GnuHashWithoutDefinitions) {
  ElfImage image;
  image.Remove(ElfImage::kDynHash);
  image.At<std::uint32_t>(ElfImage::kGnuHash + 4) = 1;
  image.At<std::uint32_t>(ElfImage::kGnuHash + 24) = 0;  // the one bucket
  EXPECT_EQ(Parse(image).value().SymbolCount(), 6U);
}

TEST(ElfFile, ReadsVersions) {
  ElfImage image;
  image.vernaux().vna_other |= 0x8000;
  const auto parsed = Parse(image);
  ASSERT_TRUE(parsed.ok());
  const ElfFile& file = parsed.value();
  EXPECT_EQ(file.version_needs()[0].index, 2U);
  EXPECT_TRUE(file.version_needs()[0].hidden);
  const auto& definitions = file.version_definitions();
  ASSERT_EQ(definitions.size(), 2U);
  EXPECT_EQ(definitions[0].name, "libself.so.1");
  EXPECT_EQ(definitions[0].flags, VER_FLG_BASE);
  EXPECT_EQ(definitions[1].name, "V1");
  EXPECT_EQ(definitions[1].index, 3U);
  EXPECT_EQ(file.SymbolVersions(),
            (std::vector<std::uint16_t>{0, 2, 1, 3, 1, 3}));
  // As ld.so: what the base version is called is no matter.
  image.verdef(0).vd_hash = 1;
  const auto renamed = Parse(image);
  ASSERT_TRUE(renamed.ok());
  const auto& left = renamed.value().version_definitions();
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].name, "");
  EXPECT_EQ(left[0].flags, VER_FLG_BASE);
  EXPECT_EQ(left[1].name, "V1");
  image.RemoveVersions();
  EXPECT_TRUE(Parse(image).value().SymbolVersions().empty());
}

TEST(ElfFile, ReadsSegments) {
  ElfImage image;
  const auto parsed = Parse(image);
  ASSERT_TRUE(parsed.ok());
  const ElfFile& file = parsed.value();
  ASSERT_TRUE(file.TlsSegment().has_value());
  EXPECT_EQ(file.TlsSegment()->p_memsz, 24U);
  ASSERT_TRUE(file.relro().has_value());
  EXPECT_EQ(file.relro()->p_vaddr, ElfImage::Data(ElfImage::kDynamic));
  EXPECT_FALSE(file.executable_stack());
  EXPECT_TRUE(file.bind_now());
  EXPECT_FALSE(file.text_relocations());
  image.phdr(ElfImage::kPhdrTls).p_type = PT_NULL;
  EXPECT_FALSE(Parse(image).value().TlsSegment().has_value());
  const Elf64_Phdr* data = file.LoadSegmentOf(ElfImage::Slot(0), 8);
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(data->p_offset, ElfImage::kDynamic);
  EXPECT_FALSE(file.FileOffset(ElfImage::Data(ElfImage::kSize), 1));
  EXPECT_NE(file.LoadSegmentOf(ElfImage::Data(ElfImage::kSize), 1), nullptr);
}

TEST(ElfFile, StackIsExecutableWhereAsked) {
  ElfImage image;
  image.phdr(ElfImage::kPhdrStack).p_flags |= PF_X;
  EXPECT_TRUE(Parse(image).value().executable_stack());
  // Missing: as old code for x86-64 means it.
  image.phdr(ElfImage::kPhdrStack).p_type = PT_NULL;
  EXPECT_TRUE(Parse(image).value().executable_stack());
  ElfImage arm(EM_AARCH64);
  arm.phdr(ElfImage::kPhdrStack).p_type = PT_NULL;
  EXPECT_FALSE(Parse(arm, EM_AARCH64).value().executable_stack());
}

TEST(ElfFile, BindsNowByAnyOfThreeWays) {
  ElfImage image;
  image.Remove(ElfImage::kDynFlags1);
  EXPECT_FALSE(Parse(image).value().bind_now());
  image.dyn(ElfImage::kDynSpare) = {DT_BIND_NOW, {0}};
  EXPECT_TRUE(Parse(image).value().bind_now());
  image.dyn(ElfImage::kDynSpare) = {DT_FLAGS, {DF_BIND_NOW}};
  EXPECT_TRUE(Parse(image).value().bind_now());
}

// ld.so takes the last of equal tags.
TEST(ElfFile, LastOfEqualTagsCounts) {
  ElfImage image;
  image.dyn(ElfImage::kDynSpare) = {DT_SONAME, {ElfImage::kTable}};
  EXPECT_EQ(Parse(image).value().soname(), "table");
  EXPECT_EQ(Parse(image).value().Value(DT_SONAME), ElfImage::kTable);
}

TEST(BuildId, IsRead) {
  ElfImage image;
  const auto parsed = Parse(image);
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed.value().build_id().size(), 20U);
  EXPECT_EQ(parsed.value().build_id()[19], std::byte{19});
}

// A bad note is none: it says nothing about what is loaded.
TEST(BuildId, IsEmptyWhereTheNoteIsBad) {
  const std::function<void(ElfImage&)> lies[] = {
      [](ElfImage& i) { i.At<Elf64_Nhdr>(ElfImage::kNote).n_type = 1; },
      [](ElfImage& i) { i.At<Elf64_Nhdr>(ElfImage::kNote).n_namesz = 3; },
      [](ElfImage& i) { i.At<Elf64_Nhdr>(ElfImage::kNote).n_namesz = ~0U; },
      [](ElfImage& i) { i.At<Elf64_Nhdr>(ElfImage::kNote).n_descsz = 21; },
      [](ElfImage& i) { i.At<Elf64_Nhdr>(ElfImage::kNote).n_descsz = ~0U; },
      [](ElfImage& i) { i.At<char>(ElfImage::kNote + 12) = 'X'; },
      [](ElfImage& i) { i.phdr(ElfImage::kPhdrNote).p_filesz = 8; },
      [](ElfImage& i) { i.phdr(ElfImage::kPhdrNote).p_filesz = ~0ULL; },
      [](ElfImage& i) { i.phdr(ElfImage::kPhdrNote).p_type = PT_NULL; },
  };
  for (const auto& lie : lies) {
    ElfImage image;
    lie(image);
    const auto parsed = Parse(image);
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_TRUE(parsed.value().build_id().empty());
  }
}

TEST(BuildId, FollowsAnotherNote) {
  ElfImage image;
  // A note of 4 + 4 bytes first: the image's own moves behind it.
  std::memmove(&image.bytes()[ElfImage::kNote + 20],
               &image.bytes()[ElfImage::kNote], 36);
  image.At<Elf64_Nhdr>(ElfImage::kNote) = {4, 1, 77};
  image.phdr(ElfImage::kPhdrNote).p_filesz += 20;
  image.phdr(ElfImage::kPhdrNote).p_memsz += 20;
  image.phdr(ElfImage::kLoadTables).p_filesz += 20;
  image.phdr(ElfImage::kLoadTables).p_memsz += 20;
  const auto parsed = Parse(image);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ(parsed.value().build_id().size(), 20U);
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
  EXPECT_EQ(parsed.value().Symbols().size(), 5U);
}

TEST(ElfFile, ReadsTheOtherMachine) {
  ElfImage image(EM_AARCH64);
  EXPECT_TRUE(ElfFile::Parse(image.bytes(), "x", EM_AARCH64).ok());
}

// Whatever is cut off, nothing is read out of bounds; the sanitizers watch.
TEST(Truncated, AnImageAtEveryByte) {
  for (std::size_t size = 0; size < ElfImage::kSize; ++size) {
    ElfImage image;
    image.bytes().resize(size);
    image.bytes().shrink_to_fit();
    const auto parsed = Parse(image);
    ASSERT_FALSE(parsed.ok()) << size;
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
    }
  }
}

TEST(Names, NumbersWithoutANameAreShown) {
  EXPECT_EQ(MachineName(EM_RISCV), "EM_RISCV");
  EXPECT_EQ(MachineName(4242), "4242");
  EXPECT_EQ(TypeName(ET_CORE), "ET_CORE");
  EXPECT_EQ(TypeName(77), "77");
  EXPECT_EQ(OsAbiName(200), "200");
  EXPECT_EQ(SegmentTypeName(PT_SHLIB), "0x5");
}

}  // namespace
}  // namespace inmem::elf
