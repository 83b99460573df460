// native/elf/edit_plan_test.cc: edits of a copy.
#include "elf/edit_plan.h"

#include <gtest/gtest.h>

#include "elf/lies.h"

namespace inmem::elf {
namespace {

using testing::ElfImage;
using testing::Parse;

void Apply(ElfImage& image, const Edit& edit) {
  std::copy(
      edit.bytes.begin(), edit.bytes.end(),
      image.bytes().begin() + static_cast<std::ptrdiff_t>(edit.offset_bytes));
}

TEST(EditPlan, RenamesNeedAndVersionFile) {
  ElfImage image;
  // The version need has a string of its own, as patchelf leaves it.
  constexpr std::string_view kCopy{"libc.so.6\0", 10};
  std::memcpy(&image.bytes()[ElfImage::kStrings + ElfImage::kText.size()],
              kCopy.data(), kCopy.size());
  image.dyn(ElfImage::kDynStrsz).d_un.d_val += kCopy.size();
  image.dyn(ElfImage::kDynNeedB).d_un.d_val = ElfImage::kText.size();
  const auto before = ElfFile::Parse(image.bytes(), "x", EM_X86_64);
  ASSERT_TRUE(before.ok());
  const auto edits = PlanRename(before.value(), 1, "@1f");
  ASSERT_TRUE(edits.has_value());
  EXPECT_EQ(edits->size(), 2U);
  for (const Edit& edit : *edits) Apply(image, edit);
  const auto after = ElfFile::Parse(image.bytes(), "x", EM_X86_64);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after.value().needs()[0].name, "libneed.so.2");
  EXPECT_EQ(after.value().needs()[1].name, "@1f");
  EXPECT_EQ(after.value().version_needs()[0].file, "@1f");
}

TEST(EditPlan, RefusesLongerNames) {
  ElfImage image;
  const auto file = ElfFile::Parse(image.bytes(), "x", EM_X86_64);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(PlanRename(file.value(), 0, "123456789012").has_value());
  EXPECT_FALSE(PlanRename(file.value(), 0, "1234567890123").has_value());
}

TEST(EditPlan, DropsANeed) {
  ElfImage image;
  const auto before = ElfFile::Parse(image.bytes(), "x", EM_X86_64);
  ASSERT_TRUE(before.ok());
  Apply(image, PlanDrop(before.value(), 0));
  const auto after = ElfFile::Parse(image.bytes(), "x", EM_X86_64);
  ASSERT_TRUE(after.ok());
  ASSERT_EQ(after.value().needs().size(), 1U);
  EXPECT_EQ(after.value().needs()[0].name, "libc.so.6");
}

TEST(EditPlan, DefersConstructorsAndKeepsDestructors) {
  ElfImage image;
  // Twice: ld.so would take the last.
  image.dyn(ElfImage::kDynSpare) = {DT_INIT, {ElfImage::kCode}};
  const auto before = Parse(image);
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(before.value().constructors().init, ElfImage::kCode);
  EXPECT_EQ(before.value().constructors().array_count, 2U);
  EXPECT_EQ(before.value().constructors().array,
            ElfImage::Data(ElfImage::kInitArray));
  for (const Edit& edit : PlanDeferConstructors(before.value())) {
    Apply(image, edit);
  }
  const auto after = Parse(image);
  ASSERT_TRUE(after.ok());
  EXPECT_FALSE(after.value().constructors().init.has_value());
  EXPECT_EQ(after.value().constructors().array_count, 0U);
  EXPECT_FALSE(after.value().Value(DT_INIT_ARRAY).has_value());
  EXPECT_FALSE(after.value().Value(DT_INIT_ARRAYSZ).has_value());
  EXPECT_TRUE(after.value().Value(DT_FINI).has_value());
  EXPECT_TRUE(after.value().Value(DT_FINI_ARRAY).has_value());
  EXPECT_TRUE(PlanDeferConstructors(after.value()).empty());
}

TEST(EditPlan, WeakensUndefinedSymbols) {
  ElfImage image;
  const auto before = Parse(image);
  ASSERT_TRUE(before.ok());
  const auto edits = PlanWeakenUndefined(before.value());
  EXPECT_EQ(edits.size(), 1U);
  for (const Edit& edit : edits) Apply(image, edit);
  const auto after = Parse(image);
  ASSERT_TRUE(after.ok());
  const auto symbols = after.value().Symbols();
  EXPECT_EQ(symbols[0].name, "puts");
  EXPECT_EQ(symbols[0].bind, STB_WEAK);
  EXPECT_EQ(symbols[0].type, STT_FUNC);
  EXPECT_EQ(symbols[2].name, "PyInit_x");
  EXPECT_EQ(symbols[2].bind, STB_GLOBAL);
}

}  // namespace
}  // namespace inmem::elf
