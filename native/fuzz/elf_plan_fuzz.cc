// native/fuzz/elf_plan_fuzz.cc: edits and mappings of any shared object.
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/checked.h"
#include "elf/edit_plan.h"
#include "elf/map_plan.h"
#include "elf/outline_plan.h"
#include "elf_target.h"
#include "require.h"
#include "targets.h"

namespace inmem::fuzz {
namespace {

using elf::Edit;
using elf::ElfFile;
using elf::FileRange;

using Copy = std::vector<std::byte>;

Copy Edited(const ElfFile& file, const std::vector<Edit>& edits) {
  Copy copy(file.bytes().begin(), file.bytes().end());
  for (const Edit& edit : edits) {
    Require(RangeFits(edit.offset_bytes, edit.bytes.size(), copy.size()));
    std::copy(edit.bytes.begin(), edit.bytes.end(),
              copy.begin() + static_cast<std::ptrdiff_t>(edit.offset_bytes));
  }
  return copy;
}

Result<ElfFile> ParseAgain(const Copy& copy, const ElfFile& like) {
  return ElfFile::Parse(copy, "fuzz", like.header().e_machine);
}

// An edited copy of a good file is mostly a good file; where tables share bytes
// with what was edited it need not be, but then it is refused as any other.
template <typename Check>
void WithEdited(const ElfFile& file, const std::vector<Edit>& edits,
                const Check& check) {
  const Copy copy = Edited(file, edits);
  const auto parsed = ParseAgain(copy, file);
  if (!parsed.ok()) {
    CheckElfError(parsed.status());
    return;
  }
  CheckElf(parsed.value());
  check(parsed.value());
}

void CheckDefer(const ElfFile& file) {
  const auto edits = PlanDeferConstructors(file);
  const Copy copy = Edited(file, edits);
  const auto after = ParseAgain(copy, file);
  if (!after.ok()) return CheckElfError(after.status());
  const auto found = after.value().constructors();
  Require(!found.init && found.array_count == 0);
  Require(after.value().Value(DT_FINI_ARRAY) == file.Value(DT_FINI_ARRAY));
}

void CheckNeeds(const ElfFile& file) {
  const std::size_t count = std::min<std::size_t>(file.needs().size(), 4);
  for (std::size_t i = 0; i < count; ++i) {
    WithEdited(file, {PlanDrop(file, i)}, [&file](const ElfFile& after) {
      Require(after.needs().size() + 1 == file.needs().size());
    });
    const std::string name = "@" + std::to_string(i);
    const auto edits = PlanRename(file, i, name);
    Require(edits.has_value() == (file.needs()[i].name.size() >= name.size()));
    if (edits) {
      WithEdited(file, *edits, [i, &name](const ElfFile& after) {
        Require(i < after.needs().size() && after.needs()[i].name == name);
      });
    }
  }
}

void CheckWeaken(const ElfFile& file) {
  (void)Edited(file, PlanWeakenUndefined(file));
}

// The copied ranges alone must be a file that says the same.
void CheckSparse(const ElfFile& file, const elf::MapPlan& plan) {
  Copy sparse(file.bytes().size());
  std::uint64_t end = 0;
  for (const FileRange& range : plan.copied) {
    Require(range.size_bytes > 0 && (end == 0 || range.offset_bytes > end));
    Require(RangeFits(range.offset_bytes, range.size_bytes, sparse.size()));
    end = range.offset_bytes + range.size_bytes;
    std::copy_n(
        file.bytes().begin() + static_cast<std::ptrdiff_t>(range.offset_bytes),
        range.size_bytes,
        sparse.begin() + static_cast<std::ptrdiff_t>(range.offset_bytes));
  }
  const auto again = ParseAgain(sparse, file);
  Require(again.ok());
  CheckElf(again.value());
  const auto counts = again.value().CheckRelocations();
  Require(counts.ok());
  Require(counts.value().symbolic == file.CheckRelocations().value().symbolic);
  Require(again.value().needs().size() == file.needs().size());
  Require(std::ranges::equal(again.value().build_id(), file.build_id()));
}

// All stays within the file, and within what ld.so maps of the outline.
void CheckOutline(const ElfFile& file, const elf::OutlinePlan& plan,
                  std::uint64_t page_size) {
  std::uint64_t end = plan.begin_address;
  for (const elf::OutlineLoad& load : plan.loads) {
    Require(load.address % page_size == 0 && load.address >= end);
    Require(load.offset_bytes % page_size == 0);
    Require(load.file_bytes % page_size == 0);
    Require(load.memory_bytes % page_size == 0);
    Require(load.file_bytes <= load.memory_bytes && load.memory_bytes > 0);
    end = load.address + load.memory_bytes;
    Require(RangeFits(load.file.offset_bytes, load.file.size_bytes,
                      file.bytes().size()));
    Require(load.zeros_address == 0 ||
            (load.zeros_address > load.address &&
             load.zeros_address < load.address + load.file_bytes));
    for (const FileRange& range : load.copied) {
      Require(range.size_bytes > 0);
      Require(range.offset_bytes >= load.file.offset_bytes);
      Require(range.offset_bytes + range.size_bytes <=
              load.file.offset_bytes + load.file.size_bytes);
      const std::uint64_t at = range.offset_bytes + load.shift;
      Require(at + plan.begin_address >= load.address);
      Require(at + plan.begin_address + range.size_bytes <= end);
    }
  }
  Require(plan.begin_address + plan.size_bytes == end);
  Require(plan.kept_begin <= plan.dynamic_address);
  Require(plan.dynamic_address +
              (file.dynamic().size() + 1) * sizeof(Elf64_Dyn) <=
          plan.kept_end);
  Require(plan.kept_begin >= plan.begin_address && plan.kept_end <= end);
  (void)Edited(file, plan.edits);
}

void CheckMapping(const ElfFile& file, std::uint64_t page_size) {
  const auto relocations = file.CheckRelocations();
  if (!relocations.ok()) return;
  const elf::MapDecision decision =
      PlanMapping(file, relocations.value(), page_size);
  Require(decision.plan.has_value() == decision.refusal.empty());
  if (!decision.plan) return;
  for (const elf::MappedSegment& segment : decision.plan->mapped) {
    Require(segment.address % page_size == 0);
    Require(segment.offset_bytes % page_size == 0);
    Require(segment.size_bytes % page_size == 0 && segment.size_bytes > 0);
    Require(segment.offset_bytes < file.bytes().size());
    // Only the last page may pass the file's end.
    Require(segment.offset_bytes + segment.size_bytes - page_size <
            file.bytes().size());
    for (const Elf64_Phdr& phdr : file.program_headers()) {
      if (phdr.p_type != PT_LOAD || (phdr.p_flags & PF_W) == 0 ||
          phdr.p_memsz == 0) {
        continue;
      }
      Require(phdr.p_vaddr + phdr.p_memsz <= segment.address ||
              phdr.p_vaddr >= segment.address + segment.size_bytes);
    }
  }
  CheckSparse(file, *decision.plan);
  const elf::OutlineDecision outline =
      PlanOutline(file, relocations.value(), page_size);
  Require(outline.plan.has_value() == outline.refusal.empty());
  if (outline.plan) CheckOutline(file, *outline.plan, page_size);
}

}  // namespace
}  // namespace inmem::fuzz

int FuzzElfPlan(const std::uint8_t* data, std::size_t size) {
  using namespace inmem::fuzz;  // NOLINT(google-build-using-namespace)
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto parsed =
      inmem::elf::ElfFile::Parse(bytes, "fuzz", MachineOf(bytes));
  if (!parsed.ok()) return 0;
  const inmem::elf::ElfFile& file = parsed.value();
  CheckDefer(file);
  CheckNeeds(file);
  CheckWeaken(file);
  CheckMapping(file, 0x1000);
  CheckMapping(file, 0x10000);
  return 0;
}
