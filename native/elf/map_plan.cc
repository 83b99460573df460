// native/elf/map_plan.cc: what of an object must be copied, what can be mapped.
#include "elf/map_plan.h"

#include "elf/bytes.h"
#include "elf/file_ranges.h"
#include "elf/names.h"
#include "elf/protection.h"
#include "elf/relocations.h"

namespace inmem::elf {
namespace {

bool IsReadOnlyLoad(const Elf64_Phdr& phdr) {
  return phdr.p_type == PT_LOAD && (phdr.p_flags & PF_W) == 0 &&
         phdr.p_memsz > 0;
}

// Why ld.so would need what is mapped only afterwards; empty where it does not.
std::string RefusalOfRelocations(const ElfFile& file,
                                 const RelocationCounts& counts) {
  if (counts.text) return "its text is relocated (DT_TEXTREL)";
  if (counts.irelative > 0) {
    return "it has " + std::to_string(counts.irelative) +
           " IRELATIVE relocations, whose resolvers run while it is loaded";
  }
  const FileRange& symbols = file.tables().symbols;
  for (std::uint64_t at = 0; at < symbols.size_bytes; at += sizeof(Elf64_Sym)) {
    const auto symbol =
        LoadAt<Elf64_Sym>(file.bytes(), symbols.offset_bytes + at);
    if (symbol.st_shndx != SHN_UNDEF &&
        ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC) {
      return "it defines a function by a resolver (GNU_IFUNC), which may run "
             "while it is loaded";
    }
  }
  return {};
}

// The segment's pages, or why they cannot be the file's.
std::string MapSegment(const ElfFile& file, const Elf64_Phdr& phdr,
                       std::uint64_t page_size,
                       std::vector<MappedSegment>& mapped) {
  const std::string name = "its PT_LOAD at " + Hex(phdr.p_vaddr);
  const std::uint64_t mask = page_size - 1;
  if (((phdr.p_vaddr ^ phdr.p_offset) & mask) != 0) {
    return name + " and its offset " + Hex(phdr.p_offset) +
           " differ modulo the page size " + Hex(page_size);
  }
  if (phdr.p_memsz != phdr.p_filesz) {
    return name + " is read-only and larger in memory than in the file";
  }
  const std::uint64_t begin = phdr.p_vaddr & ~mask;
  // Below 2^47, see VerifySegment.
  const std::uint64_t end = (phdr.p_vaddr + phdr.p_memsz + mask) & ~mask;
  for (const Elf64_Phdr& other : file.program_headers()) {
    if (other.p_type != PT_LOAD || &other == &phdr || other.p_memsz == 0) {
      continue;
    }
    const std::uint64_t other_end =
        (other.p_vaddr + other.p_memsz + mask) & ~mask;
    if ((other.p_vaddr & ~mask) < end && begin < other_end) {
      return name + " shares a page with that at " + Hex(other.p_vaddr);
    }
  }
  mapped.push_back(
      {begin, phdr.p_offset & ~mask, end - begin, ProtectionOf(phdr.p_flags)});
  return {};
}

// What ld.so reads before the segments are there.
std::vector<FileRange> ReadByLinker(const ElfFile& file,
                                    const RelocationTables& relocations) {
  const ElfFile::Tables& tables = file.tables();
  std::vector<FileRange> ranges{
      {0, sizeof(Elf64_Ehdr)},
      {file.header().e_phoff,
       file.program_headers().size() * sizeof(Elf64_Phdr)},
      tables.strings,
      tables.symbols,
      tables.sysv_hash,
      tables.gnu_hash,
      tables.symbol_versions,
      tables.version_needs,
      tables.version_definitions,
      relocations.rela,
      relocations.jmprel,
      relocations.relr,
  };
  const auto add = [&](std::uint64_t address, std::uint64_t size) {
    if (const auto offset = file.FileOffset(address, size)) {
      ranges.push_back({*offset, size});
    }
  };
  for (const Elf64_Phdr& phdr : file.program_headers()) {
    if (phdr.p_type == PT_LOAD && (phdr.p_flags & PF_W) != 0) {
      ranges.push_back({phdr.p_offset, phdr.p_filesz});
    }
    if (phdr.p_type == PT_NOTE || phdr.p_type == kPtGnuProperty ||
        phdr.p_type == PT_DYNAMIC || phdr.p_type == PT_TLS) {
      add(phdr.p_vaddr, phdr.p_filesz);
    }
    if (phdr.p_type == PT_PHDR) {
      add(phdr.p_vaddr, file.program_headers().size() * sizeof(Elf64_Phdr));
    }
  }
  return ranges;
}

}  // namespace

MapDecision PlanMapping(const ElfFile& file,
                        const RelocationCounts& relocations,
                        std::uint64_t page_size) {
  MapDecision decision;
  decision.refusal = RefusalOfRelocations(file, relocations);
  if (!decision.refusal.empty()) return decision;
  MapPlan plan;
  for (const Elf64_Phdr& phdr : file.program_headers()) {
    if (!IsReadOnlyLoad(phdr)) continue;
    decision.refusal = MapSegment(file, phdr, page_size, plan.mapped);
    if (!decision.refusal.empty()) return decision;
  }
  if (plan.mapped.empty()) {
    decision.refusal = "it has no read-only segment";
    return decision;
  }
  const auto tables = RelocationReader(file).Tables();
  if (!tables.ok()) {
    decision.refusal = tables.status().message();
    return decision;
  }
  plan.copied = Merged(ReadByLinker(file, tables.value()));
  decision.plan = std::move(plan);
  return decision;
}

}  // namespace inmem::elf
