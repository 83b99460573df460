// native/elf/edit_plan.cc: edits of a copy, planned here, applied by loader.
#include "elf/edit_plan.h"

#include <cstddef>
#include <cstring>
#include <set>

#include "elf/bytes.h"
#include "elf/relocations.h"

namespace inmem::elf {
namespace {

Edit Overwrite(std::uint64_t offset_bytes, std::string_view text) {
  Edit edit{offset_bytes, std::vector<std::byte>(text.size() + 1)};
  std::memcpy(edit.bytes.data(), text.data(), text.size());
  return edit;
}

template <typename T>
Edit Replace(std::uint64_t offset_bytes, const T& value) {
  Edit edit{offset_bytes, std::vector<std::byte>(sizeof value)};
  std::memcpy(edit.bytes.data(), &value, sizeof value);
  return edit;
}

// An edit of each Elf64_Dyn whose tag `change` gives another entry for.
template <typename Change>
void EditDynamic(const ElfFile& file, std::vector<Edit>& edits,
                 const Change& change) {
  for (std::size_t i = 0; i < file.dynamic().size(); ++i) {
    if (const auto entry = change(file.dynamic()[i])) {
      edits.push_back(
          Replace(file.dynamic_offset_bytes() + i * sizeof(Elf64_Dyn), *entry));
    }
  }
}

Elf64_Dyn WithTag(Elf64_Dyn dyn, std::int64_t tag) {
  dyn.d_tag = tag;
  return dyn;
}

Elf64_Dyn WithValue(Elf64_Dyn dyn, std::uint64_t value) {
  dyn.d_un.d_val = value;
  return dyn;
}

}  // namespace

std::optional<std::vector<Edit>> PlanRename(const ElfFile& file,
                                            std::size_t need,
                                            std::string_view new_name) {
  const Need& old = file.needs()[need];
  if (new_name.size() > old.name.size()) return std::nullopt;
  std::set<std::uint64_t> places{old.name_offset_bytes};
  for (const VersionNeed& version : file.version_needs()) {
    if (version.file == old.name) places.insert(version.file_offset_bytes);
  }
  std::vector<Edit> edits;
  edits.reserve(places.size());
  for (const std::uint64_t place : places) {
    edits.push_back(Overwrite(place, new_name));
  }
  return edits;
}

Edit PlanDrop(const ElfFile& file, std::size_t need) {
  const Elf64_Sxword tag = DT_DEBUG;
  return Replace(file.needs()[need].dyn_offset_bytes, tag);
}

std::vector<Edit> PlanDeferConstructors(const ElfFile& file) {
  std::vector<Edit> edits;
  EditDynamic(file, edits,
              [](const Elf64_Dyn& dyn) -> std::optional<Elf64_Dyn> {
                if (dyn.d_tag != DT_INIT && dyn.d_tag != DT_INIT_ARRAY &&
                    dyn.d_tag != DT_INIT_ARRAYSZ) {
                  return std::nullopt;
                }
                return WithTag(dyn, DT_DEBUG);
              });
  return edits;
}

Result<std::vector<Edit>> PlanWeakenUndefined(const ElfFile& file) {
  std::vector<Edit> edits;
  const FileRange& table = file.tables().symbols;
  // 0 is the null symbol.
  for (std::uint64_t at = sizeof(Elf64_Sym); at < table.size_bytes;
       at += sizeof(Elf64_Sym)) {
    const std::uint64_t offset = table.offset_bytes + at;
    const auto sym = LoadAt<Elf64_Sym>(file.bytes(), offset);
    if (sym.st_shndx != SHN_UNDEF || ELF64_ST_BIND(sym.st_info) != STB_GLOBAL) {
      continue;
    }
    const auto info = static_cast<unsigned char>(
        ELF64_ST_INFO(STB_WEAK, ELF64_ST_TYPE(sym.st_info)));
    edits.push_back(Replace(offset + offsetof(Elf64_Sym, st_info), info));
  }
  return edits;
}

Result<RelativeTakeOver> PlanTakeOverRelative(const ElfFile& file) {
  if (const auto counts = file.CheckRelocations(); !counts.ok()) {
    return counts.status();
  }
  const auto tables = RelocationReader(file).Tables();
  if (!tables.ok()) return tables.status();
  const std::uint64_t size = tables.value().relative_count * sizeof(Elf64_Rela);
  RelativeTakeOver plan;
  if (size > 0) plan.rela = {tables.value().rela.offset_bytes, size};
  plan.relr = tables.value().relr;
  // An empty DT_RELA must go altogether: where DT_JMPREL lies before it, ld.so
  // would compare the ends and take DT_JMPREL for its part.
  const bool whole = file.Value(DT_RELASZ).value_or(0) == size;
  EditDynamic(file, plan.edits,
              [&](const Elf64_Dyn& dyn) -> std::optional<Elf64_Dyn> {
                switch (dyn.d_tag) {
                  case kDtRelr:
                  case kDtRelrsz:
                  case kDtRelrent:
                  case DT_RELACOUNT:
                    return WithTag(dyn, DT_DEBUG);
                  case DT_RELA:
                    if (size == 0) return std::nullopt;
                    return whole ? WithTag(dyn, DT_DEBUG)
                                 : WithValue(dyn, dyn.d_un.d_ptr + size);
                  case DT_RELASZ:
                    if (size == 0) return std::nullopt;
                    return whole ? WithTag(dyn, DT_DEBUG)
                                 : WithValue(dyn, dyn.d_un.d_val - size);
                  default:
                    return std::nullopt;
                }
              });
  return plan;
}

}  // namespace inmem::elf
