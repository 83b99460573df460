// native/loader/share_test.cc: which bytes are taken for those of a loaded
// object, and which must not be.
#include <elf.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "archive/codec.h"
#include "loader/bundle_for_test.h"

namespace inmem::loader {
namespace {

using testing::LoaderTest;

std::uint32_t Crc(const std::string& text) {
  return archive::Crc32(std::as_bytes(std::span(text)));
}

// The text with four bytes more, after which its CRC-32 is `wanted`: CRC-32 of
// equally long texts is linear in each bit.
std::string Forged(std::string text, std::uint32_t wanted) {
  const std::size_t at = text.size();
  text.append(4, '\0');
  std::uint32_t missing = Crc(text) ^ wanted;
  const std::uint32_t base = Crc(text);
  std::uint32_t turns[32];
  std::uint32_t bits[32];
  for (int bit = 0; bit < 32; ++bit) {
    bits[bit] = std::uint32_t{1} << bit;
    std::memcpy(text.data() + at, &bits[bit], 4);
    turns[bit] = Crc(text) ^ base;
  }
  std::uint32_t solution = 0;
  for (int place = 0; place < 32; ++place) {  // Gauss
    const std::uint32_t mask = std::uint32_t{1} << place;
    int pivot = place;
    while ((turns[pivot] & mask) == 0) ++pivot;
    std::swap(turns[place], turns[pivot]);
    std::swap(bits[place], bits[pivot]);
    for (int row = 0; row < 32; ++row) {
      if (row == place || (turns[row] & mask) == 0) continue;
      turns[row] ^= turns[place];
      bits[row] ^= bits[place];
    }
  }
  for (int place = 0; place < 32; ++place) {
    if ((missing >> place & 1) != 0) solution ^= bits[place];
  }
  std::memcpy(text.data() + at, &solution, 4);
  return text;
}

// Passes everything, and counts.
class Passing final : public archive::ContentCheck {
 public:
  explicit Passing(std::string identity) : identity_(std::move(identity)) {}
  Status Check(std::uint32_t, std::string_view,
               std::span<const std::byte>) const override {
    ++checked_;
    return Status::Ok();
  }
  std::unique_ptr<Pieces> InPieces(std::uint32_t,
                                   std::string_view) const override {
    return nullptr;  // nothing is tested here, all is read
  }
  std::string_view Identity(std::uint32_t) const override { return identity_; }
  Status Unreadable(const Status& why) const override { return why; }
  int checked() const { return checked_; }

 private:
  std::string identity_;
  mutable std::atomic<int> checked_ = 0;
};

class ShareTest : public LoaderTest {
 protected:
  // The archive of these entries in which `check` has the say.
  std::shared_ptr<const vfs::Mount> MountChecked(
      const std::string& point, const Entries& entries,
      const std::shared_ptr<const Passing>& check) {
    const auto mount = MountAt(point, entries);
    tree_.Remove(point);
    return tree_.Add(point, mount->archive().WithCheck(check)).Take();
  }
};

TEST_F(ShareTest, WhatNobodyCheckedIsNotForThoseWhoHaveItChecked) {
  const std::string good =
      workshop_.Compile("v.so", "int f() { return 1; }") + "four";
  const std::string bad =
      Forged(workshop_.Compile("v.so", "int f() { return 2; }"), Crc(good));
  ASSERT_EQ(Crc(good), Crc(bad));
  ASSERT_EQ(good.size(), bad.size());
  EXPECT_EQ(Call(MountAt("/test/v.zip", {{"x.so", bad}}), "x.so", "f"), 2);
  const auto check = std::make_shared<Passing>("good");
  // Neither at the same path nor, by its likeness, at another one.
  for (const char* point : {"/test/v.zip", "/test/w.zip"}) {
    const auto mount = MountChecked(point, {{"x.so", good}}, check);
    EXPECT_EQ(Call(mount, "x.so", "f"), 1) << point;
    EXPECT_GT(check->checked(), 0);
  }
  EXPECT_EQ(loader_.loaded().size(), 2U);  // those who check share
  // Another check's word is another content.
  const auto other = std::make_shared<Passing>("bad");
  const auto mount = MountChecked("/test/v.zip", {{"x.so", bad}}, other);
  EXPECT_EQ(Call(mount, "x.so", "f"), 2);
}

TEST_F(ShareTest, ALibraryByItsSonameIsOneThatWasChecked) {
  const std::string asks =
      workshop_.Compile("asks.so", "#include <dlfcn.h>\nint f() { return 0; }");
  const std::string plain = workshop_.Compile(
      "plain.so", "int g() { return 3; }", "-Wl,-soname,libplain-by-name.so.1");
  ASSERT_EQ(Call(Mount({{"plain.so", plain}}), "plain.so", "g"), 3);
  const auto check = std::make_shared<Passing>("asks");
  const auto checked =
      MountChecked("/test/asks.zip", {{"asks.so", asks}}, check);
  const auto user = Load(checked, "asks.so");
  ASSERT_TRUE(user.ok()) << user.status().message();
  const void* caller = ::dlsym(user.value(), "f");
  const auto found = loader_.LoadFor(caller, "libplain-by-name.so.1", tree_,
                                     {RTLD_NOW, "cpython-313"});
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(found.value(), nullptr);
}

// To compare it would be to read what its own program header forbids.
TEST_F(ShareTest, AnUnreadableSegmentIsLoadedAgain) {
  std::string bytes = workshop_.Compile(
      "n.so", "const char big[20000] = {1}; int f() { return 41; }",
      "-Wl,-z,separate-code");
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  int patched = 0;
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    char* at = bytes.data() + header.e_phoff + i * sizeof segment;
    std::memcpy(&segment, at, sizeof segment);
    if (segment.p_type != PT_LOAD || segment.p_flags != PF_R) continue;
    if (segment.p_offset == 0) continue;
    segment.p_flags = 0;
    std::memcpy(at, &segment, sizeof segment);
    ++patched;
  }
  ASSERT_EQ(patched, 1);
  EXPECT_EQ(Call(Mount({{"x.so", bytes}}), "x.so", "f"), 41);
  EXPECT_EQ(Call(Mount({{"y.so", bytes}}), "y.so", "f"), 41);
}

}  // namespace
}  // namespace inmem::loader
