// native/elf/object_facts.cc: what an audit asks of an ELF file.
#include "elf/object_facts.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/checked.h"
#include "base/hexadecimal.h"
#include "elf/bytes.h"
#include "elf/elf_file.h"
#include "elf/map_plan.h"
#include "elf/names.h"

namespace inmem::elf {
namespace {

constexpr std::uint64_t kPageBytes = 4096;
// Newer than glibc 2.28's elf.h.
constexpr std::uint32_t kNtGnuPropertyType0 = 5;
constexpr std::uint32_t kX86Isa1Needed = 0xc0008002;
constexpr std::array<std::string_view, 3> kModulePrefixes = {"PyInit_", "init",
                                                             "_cffi_pypyinit_"};

std::uint16_t Swapped(std::uint16_t value, std::uint8_t data) {
  return data == ELFDATA2MSB ? __builtin_bswap16(value) : value;
}

bool HasDynamic(std::span<const std::byte> bytes, const Elf64_Ehdr& ehdr) {
  for (std::uint64_t i = 0; i < ehdr.e_phnum; ++i) {
    const auto offset = CheckedAdd(ehdr.e_phoff, i * sizeof(Elf64_Phdr));
    const auto phdr = offset ? ReadAt<Elf64_Phdr>(bytes, *offset)
                             : std::optional<Elf64_Phdr>();
    // What cannot be read is for ElfFile to tell.
    if (!phdr || phdr->p_type == PT_DYNAMIC) return true;
  }
  return false;
}

std::optional<std::string> Owned(std::optional<std::string_view> view) {
  if (!view) return std::nullopt;
  return std::string(*view);
}

std::string InterpreterOf(const ElfFile& file) {
  for (const Elf64_Phdr& phdr : file.program_headers()) {
    if (phdr.p_type != PT_INTERP) continue;
    if (!RangeFits(phdr.p_offset, phdr.p_filesz, file.bytes().size())) continue;
    const auto* text =
        reinterpret_cast<const char*>(file.bytes().data() + phdr.p_offset);
    return {text, strnlen(text, phdr.p_filesz)};
  }
  return {};
}

// The properties in one note's descriptor, each padded to eight bytes.
std::uint32_t IsaOfProperties(std::span<const std::byte> desc) {
  std::uint64_t at = 0;
  while (const auto type = ReadAt<std::uint32_t>(desc, at)) {
    const auto size = ReadAt<std::uint32_t>(desc, at + sizeof *type);
    if (!size || !RangeFits(at + 8, *size, desc.size())) return 0;
    if (*type == kX86Isa1Needed && *size == sizeof(std::uint32_t)) {
      return LoadAt<std::uint32_t>(desc, at + 8);
    }
    const auto next = CheckedAlignUp(at + 8 + *size, 8);
    if (!next) return 0;
    at = *next;
  }
  return 0;
}

std::uint32_t IsaOfNotes(std::span<const std::byte> notes,
                         std::uint64_t padding) {
  std::uint64_t at = 0;
  while (const auto header = ReadAt<Elf64_Nhdr>(notes, at)) {
    const std::uint64_t name = at + sizeof *header;
    const auto desc = CheckedAlignUp(name + header->n_namesz, padding);
    if (!desc || !RangeFits(*desc, header->n_descsz, notes.size())) return 0;
    if (header->n_type == kNtGnuPropertyType0 && header->n_namesz == 4 &&
        std::memcmp(notes.data() + name, "GNU", 4) == 0) {
      return IsaOfProperties(notes.subspan(*desc, header->n_descsz));
    }
    const auto next = CheckedAlignUp(*desc + header->n_descsz, padding);
    if (!next) return 0;
    at = *next;
  }
  return 0;
}

std::uint32_t IsaNeeded(const ElfFile& file) {
  if (file.header().e_machine != EM_X86_64) return 0;
  std::uint32_t isa = 0;
  for (const Elf64_Phdr& phdr : file.program_headers()) {
    if (phdr.p_type != PT_NOTE) continue;
    if (!RangeFits(phdr.p_offset, phdr.p_filesz, file.bytes().size())) continue;
    isa |= IsaOfNotes(file.bytes().subspan(phdr.p_offset, phdr.p_filesz),
                      phdr.p_align == 8 ? 8 : 4);
  }
  return isa;
}

void AddLine(std::string& lines, std::string_view name) {
  if (!lines.empty()) lines += '\n';
  lines += name;
}

bool IsOffered(const Symbol& symbol) {
  return symbol.bind != STB_LOCAL && symbol.visibility != STV_HIDDEN &&
         symbol.visibility != STV_INTERNAL;
}

void TakeSymbols(const ElfFile& file, ObjectFacts& facts) {
  for (const Symbol& symbol : file.Symbols()) {
    if (symbol.name.empty()) continue;
    if (!symbol.defined()) {
      if (symbol.bind == STB_GLOBAL) AddLine(facts.undefined, symbol.name);
      continue;
    }
    if (!IsOffered(symbol)) continue;
    AddLine(facts.defined, symbol.name);
    if (symbol.type == STT_FUNC &&
        std::any_of(kModulePrefixes.begin(), kModulePrefixes.end(),
                    [&](std::string_view prefix) {
                      return symbol.name.starts_with(prefix);
                    })) {
      facts.module_entries.emplace_back(symbol.name);
    }
  }
}

void TakeNames(const ElfFile& file, ObjectFacts& facts) {
  facts.soname = file.soname();
  facts.rpath = Owned(file.rpath());
  facts.runpath = Owned(file.runpath());
  for (const Need& need : file.needs()) facts.needed.emplace_back(need.name);
  for (const VersionNeed& need : file.version_needs()) {
    facts.version_needs.push_back(
        {std::string(need.file), std::string(need.version), need.weak});
  }
  for (const VersionDefinition& definition : file.version_definitions()) {
    facts.version_definitions.emplace_back(definition.name);
  }
}

void TakeMapping(const ElfFile& file, ObjectFacts& facts) {
  if (file.header().e_type != ET_DYN) {
    facts.map_refusal = "a program";
    return;
  }
  const auto counts = file.CheckRelocations();
  if (!counts.ok()) {
    facts.problem = counts.status();
    return;
  }
  const MapDecision decision = PlanMapping(file, counts.value(), kPageBytes);
  if (!decision.plan) {
    facts.map_refusal = decision.refusal;
    facts.copied_bytes = file.bytes().size();
    return;
  }
  for (const FileRange& range : decision.plan->copied) {
    facts.copied_bytes += range.size_bytes;
  }
  for (const MappedSegment& segment : decision.plan->mapped) {
    facts.mapped_bytes += segment.size_bytes;
  }
}

}  // namespace

bool HasElfMagic(std::span<const std::byte> bytes) {
  return bytes.size() >= SELFMAG &&
         std::memcmp(bytes.data(), ELFMAG, SELFMAG) == 0;
}

ObjectFacts ReadObjectFacts(std::span<const std::byte> bytes,
                            std::string_view label) {
  ObjectFacts facts;
  const auto ehdr = ReadAt<Elf64_Ehdr>(bytes, 0);
  if (!ehdr) {
    facts.problem = {ErrorCode::kBadElf,
                     std::string(label) + ": " + std::to_string(bytes.size()) +
                         " bytes (expected at least 64, an ELF header)"};
    return facts;
  }
  const std::uint8_t data = ehdr->e_ident[EI_DATA];
  const std::uint16_t machine = Swapped(ehdr->e_machine, data);
  facts.elf_class = ClassName(ehdr->e_ident[EI_CLASS]);
  facts.data = DataName(data);
  facts.machine = MachineName(machine);
  facts.type = TypeName(Swapped(ehdr->e_type, data));
  const bool is_known = machine == EM_X86_64 || machine == EM_AARCH64;
  if (ehdr->e_ident[EI_CLASS] == ELFCLASS64 && data == ELFDATA2LSB &&
      is_known && !HasDynamic(bytes, *ehdr)) {
    facts.static_program = true;
    facts.map_refusal = "no dynamic table";
    return facts;
  }
  const auto parsed = ElfFile::Parse(
      bytes, label, is_known ? machine : kHostMachine, /*programs=*/true);
  if (!parsed.ok()) {
    facts.problem = parsed.status();
    return facts;
  }
  const ElfFile& file = parsed.value();
  facts.interpreter = InterpreterOf(file);
  TakeNames(file, facts);
  TakeSymbols(file, facts);
  facts.executable_stack = file.executable_stack();
  facts.text_relocations = file.text_relocations();
  facts.build_id = Hexadecimal(file.build_id());
  facts.x86_isa_needed = IsaNeeded(file);
  TakeMapping(file, facts);
  return facts;
}

}  // namespace inmem::elf
