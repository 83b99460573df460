// native/elf/outline_plan.cc: what ld.so must see of an object that it does not
// relocate.
#include "elf/outline_plan.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "elf/file_ranges.h"
#include "elf/names.h"
#include "elf/protection.h"

namespace inmem::elf {
namespace {

// What ld.so reads of DT_GNU_HASH and of DT_HASH when it opens an object.
constexpr std::uint64_t kGnuHashHeadBytes = 16;
constexpr std::uint64_t kSysvHashHeadBytes = 8;

template <typename T>
Edit Replacement(std::uint64_t offset_bytes, const T* values,
                 std::size_t count) {
  Edit edit{offset_bytes, std::vector<std::byte>(count * sizeof(T))};
  std::memcpy(edit.bytes.data(), values, edit.bytes.size());
  return edit;
}

class Planner {
 public:
  Planner(const ElfFile& file, std::uint64_t page_size)
      : file_(file), mask_(page_size - 1) {}

  // "" or why there is no plan.
  std::string Run() {
    for (const Elf64_Phdr& phdr : file_.program_headers()) {
      if (phdr.p_type != PT_LOAD || phdr.p_memsz == 0) continue;
      if (std::string refusal = AddLoad(phdr); !refusal.empty()) {
        return refusal;
      }
    }
    std::sort(plan_.loads.begin(), plan_.loads.end(),
              [](const OutlineLoad& a, const OutlineLoad& b) {
                return a.address < b.address;
              });
    std::string refusal = CheckTags();
    if (refusal.empty()) refusal = CheckLayout();
    if (refusal.empty()) refusal = CheckHeaders();
    if (refusal.empty()) refusal = CheckDynamic();
    if (!refusal.empty()) return refusal;
    EditHeaders();
    EditDynamic();
    Distribute();
    return {};
  }

  OutlinePlan Take() { return std::move(plan_); }

 private:
  std::string AddLoad(const Elf64_Phdr& phdr) {
    const std::string name = "its PT_LOAD at " + Hex(phdr.p_vaddr);
    if (((phdr.p_vaddr ^ phdr.p_offset) & mask_) != 0) {
      return name + " and its offset differ modulo the page size";
    }
    OutlineLoad load;
    load.file = {phdr.p_offset, phdr.p_filesz};
    load.address = phdr.p_vaddr & ~mask_;
    load.offset_bytes = phdr.p_offset & ~mask_;
    // Below 2^47, see VerifySegment.
    const std::uint64_t data_end = phdr.p_vaddr + phdr.p_filesz;
    const std::uint64_t end = phdr.p_vaddr + phdr.p_memsz;
    if (phdr.p_filesz > 0) {
      load.file_bytes = ((data_end + mask_) & ~mask_) - load.address;
      if (end > data_end && (data_end & mask_) != 0) {
        load.zeros_address = data_end;
      }
    }
    load.memory_bytes = ((end + mask_) & ~mask_) - load.address;
    load.protection = ProtectionOf(phdr.p_flags);
    load.shift = phdr.p_vaddr - phdr.p_offset;  // less the first address, later
    alignment_ = std::max(alignment_, phdr.p_align);
    plan_.loads.push_back(std::move(load));
    return {};
  }

  // A filter's symbols are looked up in the library that it names: ld.so loads
  // that one beside the object, and the relocator knows nothing of it.
  std::string CheckTags() const {
    if (file_.Value(DT_AUXILIARY) || file_.Value(DT_FILTER)) {
      return "it is a filter of another library (DT_FILTER, DT_AUXILIARY)";
    }
    return {};
  }

  std::string CheckLayout() {
    // PlanMapping has found a read-only one.
    plan_.begin_address = plan_.loads.front().address;
    std::uint64_t end = plan_.begin_address;
    for (OutlineLoad& load : plan_.loads) {
      if (load.address < end) {
        return "two of its PT_LOADs share the page at " + Hex(load.address);
      }
      end = load.address + load.memory_bytes;
      load.shift -= plan_.begin_address;
    }
    plan_.size_bytes = end - plan_.begin_address;
    if (alignment_ > 1 && plan_.begin_address % alignment_ != 0) {
      return "its first address " + Hex(plan_.begin_address) +
             " is no multiple of its alignment " + Hex(alignment_);
    }
    return {};
  }

  // ld.so finds the program headers in memory by their offset in the file.
  std::string CheckHeaders() const {
    const OutlineLoad& first = plan_.loads.front();
    const std::uint64_t offset = file_.header().e_phoff;
    const std::uint64_t end =
        offset + file_.program_headers().size() * sizeof(Elf64_Phdr);
    if (first.file.offset_bytes != 0 || first.shift != 0 ||
        end > first.file.size_bytes) {
      return "its headers are not at the begin of its first PT_LOAD";
    }
    for (const Elf64_Phdr& phdr : file_.program_headers()) {
      if (phdr.p_type == PT_PHDR &&
          phdr.p_vaddr != plan_.begin_address + offset) {
        return "its PT_PHDR is not where its headers are";
      }
    }
    return {};
  }

  // ld.so writes to it; what it has written is kept.
  std::string CheckDynamic() {
    const std::uint64_t size = (file_.dynamic().size() + 1) * sizeof(Elf64_Dyn);
    for (const OutlineLoad& load : plan_.loads) {
      const std::uint64_t from = file_.dynamic_offset_bytes();
      if (from < load.file.offset_bytes ||
          from + size > load.file.offset_bytes + load.file.size_bytes) {
        continue;
      }
      if ((load.protection & PROT_WRITE) == 0) break;
      const std::uint64_t to_address = load.shift + plan_.begin_address;
      plan_.dynamic_address = from + to_address;
      plan_.kept_begin = plan_.dynamic_address & ~mask_;
      plan_.kept_end = (plan_.dynamic_address + size + mask_) & ~mask_;
      const std::uint64_t begin =
          std::max(plan_.kept_begin - to_address, load.file.offset_bytes);
      const std::uint64_t end =
          std::min(plan_.kept_end - to_address,
                   load.file.offset_bytes + load.file.size_bytes);
      plan_.kept_file = {begin, end - begin};
      return {};
    }
    return "its dynamic table is not in a writable PT_LOAD";
  }

  void EditHeaders() {
    std::vector<Elf64_Phdr> phdrs = file_.program_headers();
    bool is_first = true;
    for (Elf64_Phdr& phdr : phdrs) {
      if (phdr.p_type == PT_GNU_RELRO) phdr.p_type = PT_NULL;
      if (phdr.p_type != PT_LOAD) {
        // ld.so reads notes from the file.
        phdr.p_offset = phdr.p_vaddr - plan_.begin_address;
        continue;
      }
      if (!std::exchange(is_first, false)) {
        phdr.p_type = PT_NULL;
        continue;
      }
      phdr.p_flags = PF_R | PF_W;
      phdr.p_offset = 0;
      phdr.p_vaddr = phdr.p_paddr = plan_.begin_address;
      phdr.p_filesz = phdr.p_memsz = plan_.size_bytes;
      phdr.p_align = std::max(alignment_, mask_ + 1);
    }
    plan_.edits.push_back(
        Replacement(file_.header().e_phoff, phdrs.data(), phdrs.size()));
  }

  void EditDynamic() {
    for (std::size_t i = 0; i < file_.dynamic().size(); ++i) {
      Elf64_Dyn dyn = file_.dynamic()[i];
      if (!IsLeftToUs(dyn)) continue;
      dyn.d_tag = DT_DEBUG;
      plan_.edits.push_back(Replacement(
          file_.dynamic_offset_bytes() + i * sizeof(Elf64_Dyn), &dyn, 1));
    }
  }

  FileRange RangeOf(std::string_view text) const {
    const auto* begin = reinterpret_cast<const char*>(file_.bytes().data());
    return {static_cast<std::uint64_t>(text.data() - begin), text.size() + 1};
  }

  std::vector<FileRange> ReadByLinker() const {
    const ElfFile::Tables& tables = file_.tables();
    std::vector<FileRange> ranges{
        {0, sizeof(Elf64_Ehdr)},
        {file_.header().e_phoff,
         file_.program_headers().size() * sizeof(Elf64_Phdr)},
        plan_.kept_file,
        {tables.gnu_hash.offset_bytes,
         std::min(tables.gnu_hash.size_bytes, kGnuHashHeadBytes)},
        {tables.sysv_hash.offset_bytes,
         std::min(tables.sysv_hash.size_bytes, kSysvHashHeadBytes)},
        tables.version_needs,
        tables.version_definitions,
    };
    const auto add = [&](std::string_view text) {
      if (!text.empty()) ranges.push_back(RangeOf(text));
    };
    add(file_.soname());
    add(file_.rpath().value_or(""));
    add(file_.runpath().value_or(""));
    for (const Need& need : file_.needs()) add(need.name);
    for (const VersionNeed& need : file_.version_needs()) {
      add(need.file);
      add(need.version);
    }
    for (const VersionDefinition& each : file_.version_definitions()) {
      add(each.name);
    }
    for (const Elf64_Phdr& phdr : file_.program_headers()) {
      if (phdr.p_type != PT_NOTE && phdr.p_type != kPtGnuProperty) continue;
      if (const auto at = file_.FileOffset(phdr.p_vaddr, phdr.p_filesz)) {
        ranges.push_back({*at, phdr.p_filesz});
      }
    }
    return Merged(std::move(ranges));
  }

  // Each range to the PT_LOAD that it lies in; to both where they meet in it.
  void Distribute() {
    for (const FileRange& range : ReadByLinker()) {
      for (OutlineLoad& load : plan_.loads) {
        const std::uint64_t begin =
            std::max(range.offset_bytes, load.file.offset_bytes);
        const std::uint64_t end =
            std::min(range.offset_bytes + range.size_bytes,
                     load.file.offset_bytes + load.file.size_bytes);
        if (begin < end) load.copied.push_back({begin, end - begin});
      }
    }
  }

  const ElfFile& file_;
  const std::uint64_t mask_;
  std::uint64_t alignment_ = 1;
  OutlinePlan plan_;
};

}  // namespace

bool IsLeftToUs(const Elf64_Dyn& dyn) {
  switch (dyn.d_tag) {
    case DT_RELA:
    case DT_RELASZ:
    case DT_RELACOUNT:
    case DT_JMPREL:
    case DT_PLTREL:
    case DT_PLTRELSZ:
    case kDtRelr:
    case kDtRelrsz:
    case kDtRelrent:
      return true;
    default:
      return false;
  }
}

OutlineDecision PlanOutline(const ElfFile& file,
                            const RelocationCounts& relocations,
                            std::uint64_t page_size) {
  OutlineDecision decision;
  if (file.header().e_machine != EM_X86_64) {
    // Not for want of code: nobody has tried it.
    decision.refusal = "its machine is " + MachineName(file.header().e_machine);
  } else if (relocations.special > 0) {
    decision.refusal =
        "it has " + std::to_string(relocations.special) +
        " relocations that are the linker's alone (of static TLS, or TLS "
        "descriptors)";
  } else {
    Planner planner(file, page_size);
    decision.refusal = planner.Run();
    if (decision.refusal.empty()) decision.plan = planner.Take();
  }
  return decision;
}

}  // namespace inmem::elf
