// native/archive/entry_name_test.cc: tests of names, messages and the index.
#include "archive/entry_name.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "archive/guarded_bytes.h"
#include "archive/message.h"
#include "archive/name_index.h"
#include "base/byte_reader.h"

namespace inmem::archive {
namespace {

struct Case {
  std::string name;
  NameFault fault;
};

TEST(CheckName, Table) {
  using enum NameFault;
  const Case cases[] = {
      {"a", kNone},
      {"a/", kNone},
      {"numpy/core/_multiarray_umath.cpython-313-x86_64-linux-gnu.so", kNone},
      {"a..b", kNone},
      {"..a/b..", kNone},
      {"a/...", kNone},
      {"a/./b", kNone},
      {"C:/x", kNone},
      {"\xC3\xA9/\xE2\x82\xAC/\xF0\x9F\x90\x8D.py", kNone},
      {"", kEmpty},
      {"/", kAbsolute},
      {"/etc/passwd", kAbsolute},
      {"..", kParent},
      {"../a", kParent},
      {"a/..", kParent},
      {"a/../b", kParent},
      {"long/enough/for/words/../b", kParent},
      {std::string("a\0b", 3), kNul},
      {std::string("a/long/name/with/nul\0", 21), kNul},
      {"a\\b", kBackslash},
      {"..\\..\\windows", kBackslash},
      {"\xFF", kNotUtf8},
      {"latin1_\xE9.py", kNotUtf8},
      {"\xC0\xAE\xC0\xAE/overlong", kNotUtf8},
      {"\xE0\x80\x80", kNotUtf8},
      {"\xED\xA0\x80 surrogate", kNotUtf8},
      {"\xF4\x90\x80\x80", kNotUtf8},
      {"\xF5\x80\x80\x80", kNotUtf8},
      {"cut \xE2\x82", kNotUtf8},
      {"\x80", kNotUtf8},
  };
  for (const Case& it : cases) {
    EXPECT_EQ(CheckName(it.name), it.fault) << Printable(it.name);
    EXPECT_EQ(NameFaultText(it.fault) == "a good name", it.fault == kNone);
  }
}

// Each fault at each place of names of each length around the word size.
TEST(CheckName, FaultsAtEveryPlace) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      const auto with = [&](std::string_view part) {
        const std::size_t rest = size - std::min(size, at + part.size());
        const std::string name =
            std::string(at, 'a') + std::string(part) + std::string(rest, 'a');
        const testing::GuardedBytes guarded(name);
        return CheckName(AsChars(guarded.span()));
      };
      EXPECT_EQ(with("a"), NameFault::kNone);
      EXPECT_EQ(with(std::string_view("\0", 1)), NameFault::kNul);
      EXPECT_EQ(with("\\"), NameFault::kBackslash);
      EXPECT_EQ(with("\xFE"), NameFault::kNotUtf8);
      EXPECT_EQ(with("\xC3\xA9"), NameFault::kNone);
      EXPECT_EQ(with(".."),
                at == 0 && size <= 2 ? NameFault::kParent : NameFault::kNone);
      EXPECT_EQ(with("/../"),
                at == 0 ? NameFault::kAbsolute : NameFault::kParent);
    }
  }
}

TEST(Printable, EscapesAndCuts) {
  EXPECT_EQ(Printable("a/b.py"), "a/b.py");
  EXPECT_EQ(Printable("\xC3\xA9"), "\xC3\xA9");
  EXPECT_EQ(Printable("\xE9"), "\\xe9");
  EXPECT_EQ(Printable(std::string_view("a\0\n\\", 4)), "a\\x00\\x0a\\x5c");
  EXPECT_EQ(Printable(std::string(70000, 'a')), std::string(200, 'a') + "...");
}

TEST(NameIndex, FindsAllInACrowd) {
  for (const std::uint32_t count : {0u, 1u, 2u, 7u, 8u, 1000u}) {
    NameIndex index;
    ASSERT_TRUE(index.Reserve(count));
    // The worst hashes there are: all equal, so only the names tell.
    for (std::uint32_t i = 0; i < count; ++i) {
      EXPECT_FALSE(index.Insert(7, i, [i](auto j) { return j == i; }));
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      EXPECT_EQ(index.Find(7, [i](auto j) { return j == i; }), i);
    }
    EXPECT_FALSE(index.Find(7, [](auto) { return false; }));
    EXPECT_FALSE(index.Find(8, [](auto) { return false; }));
  }
}

TEST(NameIndex, TellsWhatWasThere) {
  NameIndex index;
  ASSERT_TRUE(index.Reserve(2));
  const auto any = [](std::uint32_t) { return true; };
  EXPECT_FALSE(index.Insert(~0ull, 0, any));
  EXPECT_EQ(index.Insert(~0ull, 1, any), 0u);
}

}  // namespace
}  // namespace inmem::archive
