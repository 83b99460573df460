// native/fuzz/elf_fuzz.cc: the elf layer over any bytes.
#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "base/checked.h"
#include "elf/elf_file.h"
#include "elf/strip.h"
#include "elf/symbol_table.h"
#include "elf_target.h"
#include "linker_model.h"
#include "targets.h"

namespace inmem::fuzz {

using elf::ElfFile;
using elf::SymbolTable;

void CheckElfError(const Status& status) {
  RequireError(status);
  Require(status.code() == ErrorCode::kBadElf ||
          status.code() == ErrorCode::kWrongMachine);
}

std::uint16_t MachineOf(std::span<const std::byte> bytes) {
  Elf64_Half machine = EM_X86_64;
  constexpr std::size_t kAt = offsetof(Elf64_Ehdr, e_machine);
  if (bytes.size() >= kAt + sizeof machine) {
    std::memcpy(&machine, bytes.data() + kAt, sizeof machine);
  }
  return machine == EM_AARCH64 ? EM_AARCH64 : EM_X86_64;
}

namespace {

// Whether a view that was handed out borrows from the file, its NUL included.
void RequireWithin(std::span<const std::byte> bytes, std::string_view text) {
  const auto* begin = reinterpret_cast<const char*>(bytes.data());
  Require(text.data() >= begin &&
          text.data() + text.size() < begin + bytes.size());
}

void CheckNames(const ElfFile& file) {
  for (const elf::Need& need : file.needs()) {
    RequireWithin(file.bytes(), need.name);
    Require(RangeFits(need.name_offset_bytes, need.name.size() + 1,
                      file.bytes().size()));
    Require(RangeFits(need.dyn_offset_bytes, sizeof(Elf64_Dyn),
                      file.bytes().size()));
  }
  for (const elf::VersionNeed& version : file.version_needs()) {
    RequireWithin(file.bytes(), version.version);
    RequireWithin(file.bytes(), version.file);
  }
  for (const elf::VersionDefinition& version : file.version_definitions()) {
    RequireWithin(file.bytes(), version.name);
  }
  const auto id = file.build_id();
  Require(id.empty() ||
          (id.data() >= file.bytes().data() &&
           id.data() + id.size() <= file.bytes().data() + file.bytes().size()));
}

void CheckSegments(const ElfFile& file) {
  const auto found = file.constructors();
  if (found.array_count > 0) {
    Require(file.LoadSegmentOf(found.array, found.array_count * 8) != nullptr);
  }
  if (const auto tls = file.TlsSegment()) {
    Require(tls->p_filesz == 0 ||
            file.FileOffset(tls->p_vaddr, tls->p_filesz).has_value());
  }
  (void)file.relro();
  (void)file.executable_stack();
  (void)file.bind_now();
}

void CheckRelocations(const ElfFile& file) {
  const auto counts = file.CheckRelocations();
  if (!counts.ok()) CheckElfError(counts.status());
}

// SymbolTable and the model must find the same.
void CheckLookup(const SymbolTable& table, const LinkerModel& model,
                 const SymbolTable::Reference& reference) {
  const Elf64_Sym* found = table.Find(reference);
  const auto expected =
      model.Find(std::string(reference.name), std::string(reference.version),
                 reference.version_hidden);
  Require((found != nullptr) == expected.has_value());
  if (found == nullptr) return;
  const Elf64_Sym sym = table.At(*expected);
  Require(std::memcmp(found, &sym, sizeof sym) == 0);
}

void CheckLookups(const ElfFile& file, const LinkerModel& model) {
  const SymbolTable table(file);
  const auto count = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(file.SymbolCount(), 64));
  for (std::uint32_t i = 1; i < count; ++i) {
    SymbolTable::Reference reference = table.ReferenceOf(i);
    CheckLookup(table, model, reference);
    (void)table.Find(reference, SymbolTable::Use::kAddress);
    reference.version = {};
    CheckLookup(table, model, reference);
    // The name of another symbol's version, or of none.
    const auto other = table.ReferenceOf(count - i);
    reference.version = other.version;
    reference.version_hidden = other.version_hidden;
    CheckLookup(table, model, reference);
  }
  for (const char* name : {"", "malloc", "PyInit_x", "\xff"}) {
    CheckLookup(table, model, {name, elf::GnuHash(name), {}, false});
  }
}

// Whatever is stripped is smaller, has nothing left to strip, and keeps the
// promises of the parser; it need not parse where a lie of the section headers
// made tables of the loader's into symbols.
void CheckStrip(std::span<const std::byte> bytes) {
  const auto stripped = elf::WithoutDebug(bytes);
  if (!stripped) return;
  Require(stripped->size() < bytes.size());
  Require(!elf::WithoutDebug(*stripped));
  const auto parsed = ElfFile::Parse(*stripped, "fuzz", MachineOf(*stripped));
  if (parsed.ok()) CheckElf(parsed.value());
}

}  // namespace

void CheckElf(const ElfFile& file) {
  CheckNames(file);
  CheckSegments(file);
  CheckRelocations(file);
  const auto symbols = file.Symbols();
  const auto versions = file.SymbolVersions();
  Require(symbols.size() + 1 == file.SymbolCount());
  Require(versions.empty() || versions.size() == file.SymbolCount());
  for (const elf::Symbol& symbol : symbols) {
    RequireWithin(file.bytes(), symbol.name);
  }
  if (!file.CheckRelocations().ok()) return;
  LinkerModel model;
  if (!model.Map(file.bytes())) return;
  model.Load();
  CheckLookups(file, model);
}

}  // namespace inmem::fuzz

int FuzzElf(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto parsed =
      inmem::elf::ElfFile::Parse(bytes, "fuzz", inmem::fuzz::MachineOf(bytes));
  inmem::fuzz::CheckStrip(bytes);
  if (!parsed.ok()) {
    inmem::fuzz::CheckElfError(parsed.status());
    return 0;
  }
  inmem::fuzz::CheckElf(parsed.value());
  return 0;
}
