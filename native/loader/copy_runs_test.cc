// native/loader/copy_runs_test.cc: what is written of a copy, and in how many
// writes.
#include "loader/copy_runs.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "os/mapping.h"

namespace inmem::loader {
namespace {

elf::Edit EditOf(std::uint64_t offset_bytes, std::string_view text) {
  const auto bytes = AsBytes(text);
  return {offset_bytes, {bytes.begin(), bytes.end()}};
}

// What a file of that size has after the runs; '.' where nothing was written.
std::string Written(const std::vector<Run>& runs, std::size_t size) {
  std::string file(size, '.');
  for (const Run& run : runs) {
    std::uint64_t at = run.offset_bytes;
    for (const auto piece : run.pieces) {
      std::memcpy(file.data() + at, piece.data(), piece.size());
      at += piece.size();
    }
  }
  return file;
}

TEST(RunsOf, PutsEditsInPlaceInOneWrite) {
  const std::string text = "0123456789";
  const std::vector<elf::Edit> edits{EditOf(8, "yz"), EditOf(2, "ab")};
  const auto runs = RunsOf(AsBytes(text), {{0, 10}}, edits);
  EXPECT_EQ(runs.size(), 1U);
  EXPECT_EQ(Written(runs, 10), "01ab4567yz");
}

TEST(RunsOf, MergesWhatNeighbouringPagesHold) {
  const std::size_t page = os::PageSize();
  const std::string text(8 * page, 'x');
  const auto runs = RunsOf(
      AsBytes(text), {{0, 10}, {20, 10}, {page + 1, 5}, {4 * page, page}}, {});
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].offset_bytes, 0U);
  EXPECT_EQ(runs[1].offset_bytes, 4 * page);
  EXPECT_EQ(Written(runs, text.size()),
            std::string(page + 6, 'x') + std::string(3 * page - 6, '.') +
                std::string(page, 'x') + std::string(3 * page, '.'));
}

TEST(RunsOf, WritesEditsThatNoRangeHoldsApart) {
  const std::string text = "0123456789";
  const std::vector<elf::Edit> edits{EditOf(3, "ab"), EditOf(8, "c")};
  const auto runs = RunsOf(AsBytes(text), {{0, 4}}, edits);
  EXPECT_EQ(Written(runs, 10), "012ab...c.");
}

TEST(RunsOf, OfEditsThatOverlapTheLaterOneWins) {
  const std::string text = "0123456789";
  const std::vector<elf::Edit> edits{EditOf(4, "ab"), EditOf(3, "cd")};
  EXPECT_EQ(Written(RunsOf(AsBytes(text), {{0, 10}}, edits), 10), "012cdb6789");
  const std::vector<elf::Edit> other{EditOf(3, "cd"), EditOf(4, "ab")};
  EXPECT_EQ(Written(RunsOf(AsBytes(text), {{0, 10}}, other), 10), "012cab6789");
}

TEST(RunsOf, OfNothingIsNothing) { EXPECT_TRUE(RunsOf({}, {}, {}).empty()); }

}  // namespace
}  // namespace inmem::loader
