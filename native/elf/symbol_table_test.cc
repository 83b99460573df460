// native/elf/symbol_table_test.cc: each rule of the lookup.
#include "elf/symbol_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "elf/lies.h"
#include "elf/parser.h"

namespace inmem::elf {
namespace {

using testing::ElfImage;
using testing::Parse;

struct Def {
  std::string name;
  std::uint16_t version = 1;  // index; 0x8000 for hidden
  std::uint64_t value = 0x1000;
  std::uint16_t shndx = 5;
  unsigned char bind = STB_GLOBAL;
  unsigned char type = STT_FUNC;
  unsigned char visibility = STV_DEFAULT;
};

// Tables of an object that defines `defs` and the versions V2, V3, V4 by the
// indexes 2, 3, 4. The order of equal names is kept, as linkers do.
class Object {
 public:
  explicit Object(std::vector<Def> defs, bool versioned = true,
                  std::uint32_t bucket_count = 2)
      : bucket_count_(bucket_count) {
    std::stable_sort(
        defs.begin(), defs.end(),
        [this](const Def& a, const Def& b) { return Bucket(a) < Bucket(b); });
    symbols_.push_back({});
    symbol_versions_.push_back(0);
    for (const Def& def : defs) Add(def);
    MakeGnuHash(defs);
    MakeSysvHash(defs);
    if (versioned) MakeVersions();
  }

  SymbolTable::Parts parts(bool gnu = true) const {
    SymbolTable::Parts parts;
    parts.symbols = symbols_.data();
    parts.strings = strings_.data();
    (gnu ? parts.gnu_hash : parts.sysv_hash) =
        gnu ? gnu_hash_.data() : sysv_hash_.data();
    if (!definitions_.empty()) {
      parts.versions = symbol_versions_.data();
      parts.definitions =
          reinterpret_cast<const Elf64_Verdef*>(definitions_.data());
    }
    return parts;
  }

 private:
  std::uint32_t Bucket(const Def& def) const {
    return GnuHash(def.name) % bucket_count_;
  }

  std::uint32_t Text(const std::string& text) {
    const auto at = static_cast<std::uint32_t>(strings_.size());
    strings_ += text;
    strings_ += '\0';
    return at;
  }

  void Add(const Def& def) {
    symbols_.push_back(
        {Text(def.name),
         static_cast<unsigned char>(ELF64_ST_INFO(def.bind, def.type)),
         def.visibility, def.shndx, def.value, 8});
    symbol_versions_.push_back(def.version);
  }

  void MakeGnuHash(const std::vector<Def>& defs) {
    constexpr std::uint32_t kShift = 6;
    std::uint64_t bloom = 0;
    std::vector<std::uint32_t> buckets(bucket_count_);
    std::vector<std::uint32_t> chains;
    for (std::size_t i = 0; i < defs.size(); ++i) {
      const std::uint32_t hash = GnuHash(defs[i].name);
      bloom |= std::uint64_t{1} << (hash % 64);
      bloom |= std::uint64_t{1} << ((hash >> kShift) % 64);
      std::uint32_t& bucket = buckets[Bucket(defs[i])];
      if (bucket == 0) bucket = static_cast<std::uint32_t>(i + 1);
      const bool last =
          i + 1 == defs.size() || Bucket(defs[i + 1]) != Bucket(defs[i]);
      chains.push_back((hash & ~1U) | (last ? 1U : 0U));
    }
    gnu_hash_ = {bucket_count_,
                 1,
                 1,
                 kShift,
                 static_cast<std::uint32_t>(bloom),
                 static_cast<std::uint32_t>(bloom >> 32)};
    gnu_hash_.insert(gnu_hash_.end(), buckets.begin(), buckets.end());
    gnu_hash_.insert(gnu_hash_.end(), chains.begin(), chains.end());
  }

  void MakeSysvHash(const std::vector<Def>& defs) {
    std::vector<std::uint32_t> buckets(bucket_count_);
    std::vector<std::uint32_t> chains(defs.size() + 1);
    for (std::size_t i = defs.size(); i > 0; --i) {
      std::uint32_t& bucket =
          buckets[SysvHash(defs[i - 1].name) % bucket_count_];
      chains[i] = bucket;
      bucket = static_cast<std::uint32_t>(i);
    }
    sysv_hash_ = {bucket_count_, static_cast<std::uint32_t>(chains.size())};
    sysv_hash_.insert(sysv_hash_.end(), buckets.begin(), buckets.end());
    sysv_hash_.insert(sysv_hash_.end(), chains.begin(), chains.end());
  }

  void MakeVersions() {
    struct Record {
      Elf64_Verdef definition;
      Elf64_Verdaux name;
    };
    std::vector<Record> records;
    for (std::uint16_t i = 1; i <= 4; ++i) {
      const std::string name = i == 1 ? "object.so" : "V" + std::to_string(i);
      Record record{};
      record.definition = {
          VER_DEF_CURRENT,
          static_cast<Elf64_Half>(i == 1 ? VER_FLG_BASE : 0),
          i,
          1,
          SysvHash(name),
          sizeof(Elf64_Verdef),
          i == 4 ? 0U : static_cast<Elf64_Word>(sizeof record)};
      record.name = {Text(name), 0};
      records.push_back(record);
    }
    definitions_.resize(records.size() * sizeof(Record));
    std::memcpy(definitions_.data(), records.data(), definitions_.size());
  }

  std::uint32_t bucket_count_;
  std::string strings_ = std::string(1, '\0');
  std::vector<Elf64_Sym> symbols_;
  std::vector<Elf64_Half> symbol_versions_;
  std::vector<std::uint32_t> gnu_hash_, sysv_hash_;
  std::vector<std::byte> definitions_;
};

SymbolTable::Reference To(std::string_view name, std::string_view version = "",
                          bool hidden = false) {
  return {name, GnuHash(name), version, hidden};
}

// Value of what is found; 0 for nothing. Both tables must agree.
std::uint64_t Value(const Object& object,
                    const SymbolTable::Reference& reference,
                    SymbolTable::Use use = SymbolTable::Use::kPlt) {
  const SymbolTable gnu(object.parts(true));
  const SymbolTable sysv(object.parts(false));
  const Elf64_Sym* a = gnu.Find(reference, use);
  EXPECT_EQ(a, sysv.Find(reference, use)) << reference.name;
  return a == nullptr ? 0 : a->st_value;
}

TEST(SymbolTable, FindsByName) {
  const Object object({{"alpha", 1, 1}, {"beta", 1, 2}, {"gamma", 1, 3}});
  EXPECT_EQ(Value(object, To("alpha")), 1U);
  EXPECT_EQ(Value(object, To("beta")), 2U);
  EXPECT_EQ(Value(object, To("gamma")), 3U);
  EXPECT_EQ(Value(object, To("alph")), 0U);
  EXPECT_EQ(Value(object, To("alphabet")), 0U);
  EXPECT_EQ(Value(object, To("")), 0U);
}

// The hash alone must not decide: these two have the same one.
TEST(SymbolTable, ComparesNamesOfEqualHash) {
  ASSERT_EQ(GnuHash("bB"), GnuHash("c!"));
  const Object object({{"bB", 1, 1}});
  EXPECT_EQ(Value(object, To("c!")), 0U);
  const Object both({{"bB", 1, 1}, {"c!", 1, 2}}, true, 1);
  EXPECT_EQ(Value(both, To("c!")), 2U);
}

TEST(SymbolTable, EmptyTableFindsNothing) {
  EXPECT_EQ(SymbolTable().Find(To("x")), nullptr);
  const Object object({});
  EXPECT_EQ(Value(object, To("x")), 0U);
}

TEST(SymbolTable, FindsAllOfAName) {
  const Object object(
      {{"f", 1, 1}, {"g", 1, 2}, {"f", 3, 3}, {"f", 1, 4, SHN_UNDEF}});
  for (const bool is_gnu : {true, false}) {
    const SymbolTable table(object.parts(is_gnu));
    EXPECT_EQ(table.FindAll("f").size(), 2U) << is_gnu;
    EXPECT_EQ(table.FindAll("h").size(), 0U) << is_gnu;
  }
  EXPECT_TRUE(SymbolTable().FindAll("f").empty());
  EXPECT_FALSE(SymbolTable().MayDefine(GnuHash("f")));
}

// Rule 2.
TEST(SymbolTable, SkipsWhatIsNoDefinition) {
  const Object object({
      {"null", 1, 0},
      {"absolute", 1, 0, SHN_ABS},
      {"tls", 1, 0, 7, STB_GLOBAL, STT_TLS},
      {"undefined", 1, 0, SHN_UNDEF},
      {"canonical", 1, 0x40, SHN_UNDEF},
      {"section", 1, 1, 5, STB_GLOBAL, STT_SECTION},
      {"file", 1, 1, 5, STB_GLOBAL, STT_FILE},
      {"ifunc", 1, 7, 5, STB_GLOBAL, STT_GNU_IFUNC},
      {"common", 1, 8, 5, STB_GLOBAL, STT_COMMON},
  });
  const SymbolTable table(object.parts());
  EXPECT_EQ(table.Find(To("null")), nullptr);
  EXPECT_NE(table.Find(To("absolute")), nullptr);
  EXPECT_NE(table.Find(To("tls")), nullptr);
  EXPECT_EQ(table.Find(To("undefined")), nullptr);
  EXPECT_EQ(table.Find(To("undefined"), SymbolTable::Use::kAddress), nullptr);
  EXPECT_EQ(table.Find(To("section")), nullptr);
  EXPECT_EQ(table.Find(To("file")), nullptr);
  EXPECT_EQ(Value(object, To("ifunc")), 7U);
  EXPECT_EQ(Value(object, To("common")), 8U);
  EXPECT_EQ(Value(object, To("canonical")), 0U);
  EXPECT_EQ(Value(object, To("canonical"), SymbolTable::Use::kAddress), 0x40U);
}

// Rule 3.
TEST(SymbolTable, TakesTheVersionThatIsWanted) {
  const Object object({{"f", 0x8002, 2}, {"f", 3, 3}, {"g", 1, 9}});
  EXPECT_EQ(Value(object, To("f", "V2")), 2U);
  EXPECT_EQ(Value(object, To("f", "V3")), 3U);
  EXPECT_EQ(Value(object, To("f", "V4")), 0U);
  EXPECT_EQ(Value(object, To("f", "V2", true)), 2U);
  // The base version stands in, unless the reference is hidden.
  EXPECT_EQ(Value(object, To("g", "V2")), 9U);
  EXPECT_EQ(Value(object, To("g", "V2", true)), 0U);
  // The base version's own name matches nothing.
  const Object named({{"h", 0x8001, 9}});
  EXPECT_EQ(Value(named, To("h", "object.so")), 0U);
}

// The base version stands in where it is met, not only when all have been seen.
TEST(SymbolTable, TheFirstThatFitsIsTaken) {
  const Object bases({{"f", 1, 1}, {"f", 1, 2}});
  EXPECT_EQ(Value(bases, To("f", "V2")), 1U);
  const Object hidden({{"f", 0x8001, 1}, {"f", 1, 2}});
  EXPECT_EQ(Value(hidden, To("f", "V2")), 2U);
  const Object before({{"f", 1, 1}, {"f", 2, 2}});
  EXPECT_EQ(Value(before, To("f", "V2")), 1U);
  EXPECT_EQ(Value(before, To("f", "V2", true)), 2U);
}

TEST(SymbolTable, ObjectsWithoutVersionsTakeAll) {
  const Object object({{"f", 0, 2}}, false);
  EXPECT_EQ(Value(object, To("f", "V2")), 2U);
  EXPECT_EQ(Value(object, To("f", "V2", true)), 2U);
  EXPECT_EQ(Value(object, To("f")), 2U);
}

// Rule 4.
TEST(SymbolTable, ReferenceWithoutVersionTakesTheOldest) {
  const Object oldest({{"f", 3, 3}, {"f", 0x8002, 2}});
  EXPECT_EQ(Value(oldest, To("f")), 2U);  // index 2, hidden or not
  const Object only({{"f", 3, 3}, {"f", 0x8004, 4}});
  EXPECT_EQ(Value(only, To("f")), 3U);  // the one that is not hidden
  const Object ambiguous({{"f", 3, 3}, {"f", 4, 4}});
  EXPECT_EQ(Value(ambiguous, To("f")), 0U);
  const Object hidden({{"f", 0x8003, 3}});
  EXPECT_EQ(Value(hidden, To("f")), 0U);
}

// Rule 5.
TEST(SymbolTable, HiddenAndLocalOnesAreDropped) {
  const Object object({
      {"hidden", 1, 1, 5, STB_GLOBAL, STT_FUNC, STV_HIDDEN},
      {"internal", 1, 1, 5, STB_GLOBAL, STT_FUNC, STV_INTERNAL},
      {"protected", 1, 2, 5, STB_GLOBAL, STT_FUNC, STV_PROTECTED},
      {"local", 1, 1, 5, STB_LOCAL},
      {"odd", 1, 1, 5, 5},
      {"weak", 1, 3, 5, STB_WEAK},
      {"unique", 1, 4, 5, STB_GNU_UNIQUE, STT_OBJECT},
  });
  for (const char* name : {"hidden", "internal", "local", "odd"}) {
    EXPECT_EQ(Value(object, To(name)), 0U) << name;
  }
  EXPECT_EQ(Value(object, To("protected")), 2U);
  EXPECT_EQ(Value(object, To("weak")), 3U);
  EXPECT_EQ(Value(object, To("unique")), 4U);
  // The first match decides: no second one is looked for.
  const Object two(
      {{"f", 1, 1, 5, STB_GLOBAL, STT_FUNC, STV_HIDDEN}, {"f", 1, 2}});
  EXPECT_EQ(Value(two, To("f")), 0U);
}

TEST(SymbolTable, OfAFile) {
  ElfImage image;
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok());
  const SymbolTable table(file.value());
  const auto puts = table.ReferenceOf(ElfImage::kSymPuts);
  EXPECT_EQ(puts.name, "puts");
  EXPECT_EQ(puts.version, "GLIBC_2.2.5");
  EXPECT_FALSE(puts.version_hidden);
  EXPECT_EQ(table.ReferenceOf(ElfImage::kSymOptional).version, "");
  const auto own = table.ReferenceOf(ElfImage::kSymPyInit);
  EXPECT_EQ(own.version, "V1");
  ASSERT_NE(table.Find(own), nullptr);
  EXPECT_EQ(table.Find(own)->st_value, ElfImage::kCode);
  EXPECT_NE(table.Find(table.ReferenceOf(ElfImage::kSymCounter)), nullptr);
  EXPECT_EQ(table.Find(puts), nullptr);
  image.vernaux().vna_other |= 0x8000;
  const auto hidden = Parse(image);
  ASSERT_TRUE(hidden.ok());
  EXPECT_TRUE(SymbolTable(hidden.value())
                  .ReferenceOf(ElfImage::kSymPuts)
                  .version_hidden);
}

// ld.so keeps a name for index 0 like any other, if there is an index above 0.
TEST(SymbolTable, VersionZeroCanHaveAName) {
  ElfImage image;
  image.verdef(0).vd_flags = 0;
  image.verdef(0).vd_ndx = 0;
  image.versym(ElfImage::kSymPyInit) = 0;
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok()) << file.status().message();
  const SymbolTable table(file.value());
  EXPECT_EQ(table.ReferenceOf(ElfImage::kSymPyInit).version, "libself.so.1");
  EXPECT_EQ(table.Find(To("PyInit_x", "V1")), nullptr);
  EXPECT_NE(table.Find(To("PyInit_x", "libself.so.1")), nullptr);
}

TEST(SymbolTable, VersionZeroAloneIsNone) {
  ElfImage image;
  image.Remove(ElfImage::kDynVerneed);
  image.verdef(0).vd_flags = 0;
  image.verdef(0).vd_ndx = 0;
  image.verdef(0).vd_next = 0;
  for (std::uint64_t i = 0; i < ElfImage::kSymCount; ++i) image.versym(i) = 0;
  const auto file = Parse(image);
  ASSERT_TRUE(file.ok()) << file.status().message();
  const SymbolTable table(file.value());
  EXPECT_EQ(table.ReferenceOf(ElfImage::kSymPyInit).version, "");
  EXPECT_NE(table.Find(To("PyInit_x", "V1")), nullptr);
}

TEST(SymbolTable, OfUnalignedBytes) {
  ElfImage image;
  std::vector<std::byte> shifted(image.bytes().size() + 1);
  std::copy(image.bytes().begin(), image.bytes().end(), shifted.begin() + 1);
  const auto file =
      ElfFile::Parse(std::span(shifted).subspan(1), "x", EM_X86_64);
  ASSERT_TRUE(file.ok());
  const SymbolTable table(file.value());
  EXPECT_NE(table.Find(table.ReferenceOf(ElfImage::kSymPyInit)), nullptr);
}

}  // namespace
}  // namespace inmem::elf
