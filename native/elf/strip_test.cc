// native/elf/strip_test.cc: what goes, what stays, and what is left as it is.
#include "elf/strip.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "elf/bytes.h"
#include "elf/debug_image.h"
#include "elf/elf_file.h"

namespace inmem::elf {
namespace {

using testing::DebugImage;
using testing::ElfImage;
using Bytes = std::vector<std::byte>;

template <typename T>
std::vector<T> TableOf(const Bytes& file, std::uint64_t offset,
                       std::uint64_t count) {
  std::vector<T> table;
  for (std::uint64_t i = 0; i < count; ++i) {
    table.push_back(LoadAt<T>(file, offset + i * sizeof(T)));
  }
  return table;
}

std::vector<Elf64_Shdr> SectionsOf(const Bytes& file) {
  const auto header = LoadAt<Elf64_Ehdr>(file, 0);
  return TableOf<Elf64_Shdr>(file, header.e_shoff, header.e_shnum);
}

std::vector<std::string> NamesOf(const Bytes& file) {
  const auto header = LoadAt<Elf64_Ehdr>(file, 0);
  const auto sections = SectionsOf(file);
  const std::uint64_t text = sections[header.e_shstrndx].sh_offset;
  std::vector<std::string> names;
  for (const Elf64_Shdr& section : sections) {
    names.emplace_back(reinterpret_cast<const char*>(file.data()) + text +
                       section.sh_name);
  }
  return names;
}

TEST(Strip, LeavesOutWhatOnlyDebuggersRead) {
  DebugImage image;
  const auto found = WithoutDebug(image.bytes());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(NamesOf(*found),
            (std::vector<std::string>{"", ".dynstr", ".dynsym", ".comment",
                                      ".moved", ".shstrtab"}));
  // Whole pages of it.
  EXPECT_LE(found->size(), image.bytes().size() - 0x1000);
  EXPECT_FALSE(WithoutDebug(*found).has_value()) << "nothing more to strip";
}

// A segment behind what goes moves by a multiple of its alignment.
TEST(Strip, SegmentsKeepContentAddressAndAlignment) {
  DebugImage image;
  const Bytes& before = image.bytes();
  const auto found = WithoutDebug(before);
  ASSERT_TRUE(found.has_value());
  const auto count = ElfImage::kPhdrCount + 1;
  const auto olds = TableOf<Elf64_Phdr>(before, ElfImage::kPhdrs, count);
  const auto news = TableOf<Elf64_Phdr>(*found, ElfImage::kPhdrs, count);
  EXPECT_LT(news.back().p_offset, olds.back().p_offset);
  for (std::size_t i = 0; i < olds.size(); ++i) {
    Elf64_Phdr same = news[i];
    EXPECT_EQ((olds[i].p_offset - same.p_offset) % 0x1000, 0U);
    same.p_offset = olds[i].p_offset;
    EXPECT_EQ(std::memcmp(&same, &olds[i], sizeof same), 0);
  }
  const auto* text = reinterpret_cast<const char*>(found->data());
  EXPECT_EQ(std::string(text + news.back().p_offset, news.back().p_filesz),
            DebugImage::kMovedText);
  // From behind the tables to the end of the data: nothing in it names a place
  // in the file.
  EXPECT_TRUE(std::equal(before.begin() + ElfImage::kTablesEnd,
                         before.begin() + ElfImage::kSize,
                         found->begin() + ElfImage::kTablesEnd));
}

TEST(Strip, IndexesOfSectionsFollow) {
  DebugImage image;
  const auto found = WithoutDebug(image.bytes());
  ASSERT_TRUE(found.has_value());
  const auto names = NamesOf(*found);
  const auto sections = SectionsOf(*found);
  EXPECT_EQ(names[sections[2].sh_link], ".dynstr");
  const auto symbols =
      TableOf<Elf64_Sym>(*found, ElfImage::kSymbols, ElfImage::kSymCount);
  EXPECT_EQ(names[symbols[ElfImage::kSymPyInit].st_shndx], ".moved");
  EXPECT_EQ(symbols[ElfImage::kSymTable].st_shndx, SHN_ABS);
  EXPECT_EQ(symbols[ElfImage::kSymPuts].st_shndx, SHN_UNDEF);
}

TEST(Strip, IsTheSameToTheLoader) {
  for (const std::uint16_t machine :
       {std::uint16_t{EM_X86_64}, std::uint16_t{EM_AARCH64}}) {
    DebugImage image(machine);
    const auto before = ElfFile::Parse(image.bytes(), "before", machine);
    ASSERT_TRUE(before.ok()) << before.status().message();
    const auto found = WithoutDebug(image.bytes());
    ASSERT_TRUE(found.has_value());
    const auto after = ElfFile::Parse(*found, "after", machine);
    ASSERT_TRUE(after.ok()) << after.status().message();
    EXPECT_EQ(after.value().soname(), before.value().soname());
    EXPECT_EQ(after.value().needs().size(), before.value().needs().size());
    EXPECT_EQ(after.value().Symbols().size(), before.value().Symbols().size());
    EXPECT_TRUE(after.value().CheckRelocations().ok());
  }
}

struct AsItIs {
  const char* name;
  std::function<void(DebugImage&)> change;
};

TEST(Strip, LeavesAloneWhatItDoesNotUnderstand) {
  const std::vector<AsItIs> cases = {
      {"no section headers", [](auto& image) { image.ehdr().e_shnum = 0; }},
      {"big endian",
       [](auto& image) { image.ehdr().e_ident[EI_DATA] = ELFDATA2MSB; }},
      {"32 bits",
       [](auto& image) { image.ehdr().e_ident[EI_CLASS] = ELFCLASS32; }},
      {"a relocatable object",
       [](auto& image) { image.ehdr().e_type = ET_REL; }},
      {"headers outside",
       [](auto& image) { image.ehdr().e_shoff = image.bytes().size(); }},
      {"names outside",
       [](auto& image) { image.ehdr().e_shstrndx = DebugImage::kCount; }},
      {"a payload behind all",
       [](auto& image) { image.bytes().push_back(std::byte{1}); }},
      {"a segment outside",
       [](auto& image) { image.moved_segment().p_filesz = 1 << 20; }},
      {"an alignment of 3",
       [](auto& image) { image.moved_segment().p_align = 0x3000; }},
      {"a section outside",
       [](auto& image) {
         image.section(DebugImage::kComment).sh_size = 1 << 20;
         image.Rewrite();
       }},
      {"what stays refers to what goes",
       [](auto& image) {
         image.section(DebugImage::kComment).sh_link = DebugImage::kSymtab;
         image.Rewrite();
       }},
      {"a dynamic symbol of what goes",
       [](auto& image) {
         image.Symbol(ElfImage::kSymTable).st_shndx = DebugImage::kDebugInfo;
       }},
      {"debug sections that are loaded",
       [](auto& image) {
         for (const auto i : {DebugImage::kDebugInfo, DebugImage::kSymtab,
                              DebugImage::kStrtab, DebugImage::kRelaDebug}) {
           image.section(i).sh_flags = SHF_ALLOC;
         }
         image.Rewrite();
       }},
  };
  for (const AsItIs& one : cases) {
    SCOPED_TRACE(one.name);
    DebugImage image;
    one.change(image);
    EXPECT_FALSE(WithoutDebug(image.bytes()).has_value());
  }
}

TEST(Strip, CutAnywhereItIsLeftAlone) {
  DebugImage image;
  const Bytes& whole = image.bytes();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const Bytes cut(whole.begin(),
                    whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(WithoutDebug(cut).has_value()) << size;
  }
}

}  // namespace
}  // namespace inmem::elf
