// native/trust/json_reader_test.cc: what RFC 8259 allows is read, all else is
// refused.
#include "trust/json_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace inmem::trust {
namespace {

bool IsJson(std::string_view text) {
  JsonReader reader(text);
  reader.Skip();
  reader.End();
  return reader.ok();
}

std::string StringOf(std::string_view text) {
  JsonReader reader(text);
  std::string value(reader.String());
  reader.End();
  return reader.ok() ? value : "<refused>";
}

TEST(JsonReader, ReadsTheMembersThatAreAskedFor) {
  JsonReader reader(
      R"( {"a" : 12, "skipped": [1, -2.5e+3, {"a": [true, false, null]}, ""],
      "b":"x", "":9007199254740992} )");
  std::vector<std::string> seen;
  reader.Object([&](std::string_view name) {
    seen.emplace_back(name);
    if (name == "a") {
      EXPECT_EQ(reader.Number(), 12u);
    } else if (name == "b") {
      EXPECT_EQ(reader.String(), "x");
    } else if (name.empty()) {
      EXPECT_EQ(reader.Number(), std::uint64_t{1} << 53);
    } else {
      reader.Skip();
    }
  });
  reader.End();
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "skipped", "b", ""}));
}

TEST(JsonReader, StringsAreUnescaped) {
  EXPECT_EQ(StringOf(R"("")"), "");
  EXPECT_EQ(StringOf(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(StringOf(R"("\u0041\u00e9\u20AC\uD83D\uDE00")"),
            "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(StringOf("\"\xC3\xA9\""), "\xC3\xA9");
}

TEST(JsonReader, WhatIsNoStringIsRefused) {
  for (const std::string_view text :
       {R"(")", R"("a)", R"("a\)", R"("\x")", R"("\u00")", R"("\u00g0")",
        R"("\ud83d")", R"("\ud83dx")", R"("\ud83d\u0041")", R"("\ude00")",
        "\"\n\"", "'a'", "a", "1"}) {
    EXPECT_EQ(StringOf(text), "<refused>") << text;
  }
}

TEST(JsonReader, WhatIsNoNumberIsRefused) {
  for (const std::string_view text :
       {"", "-1", "01", "1.5", "1e3", "9007199254740993",
        "99999999999999999999", "x", "\"1\""}) {
    JsonReader reader(text);
    EXPECT_EQ(reader.Number(), text == "1.5" || text == "1e3" ? 1u : 0u);
    reader.End();
    EXPECT_FALSE(reader.ok()) << text;
  }
}

TEST(JsonReader, OnlyWholeTexts) {
  for (const std::string_view text :
       {"{}", "[]", "0", "-0.0e-1", "true", " null ", "[[],{}]", "\"x\"",
        R"({"a":{"b":[{}]}})"}) {
    EXPECT_TRUE(IsJson(text)) << text;
  }
  for (const std::string_view text :
       {"",      " ",       "{",        "[",          "{]",    "[1,]",
        "[,1]",  "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "tru",
        "nul",   "-",       "01",       "-00.5",      "1.",    "1e",
        "[1 2]", "{} {}",   "[1]]",     "\x01"}) {
    EXPECT_FALSE(IsJson(text)) << text;
  }
}

TEST(JsonReader, EndlessNestingIsRefused) {
  EXPECT_FALSE(IsJson(std::string(1000000, '[')));
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "{\"a\":";
  EXPECT_FALSE(IsJson(text));
}

TEST(JsonReader, EachCutIsRefused) {
  const std::string_view whole =
      R"({"a": "x\u00e9\n", "b": [1, 2.5, -3e7], "c": {"d": null}})";
  ASSERT_TRUE(IsJson(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(IsJson(whole.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace inmem::trust
