// native/elf/versions.cc: versions needed, defined, and of each symbol.
//
// ld.so makes one table of names, index -> version, as long as the highest
// index of either chain, and looks into it with every index of DT_VERSYM; so
// the indexes are checked against the chains here.
#include <algorithm>
#include <cstring>
#include <string>

#include "base/checked.h"
#include "elf/bytes.h"
#include "elf/names.h"
#include "elf/parser.h"

namespace inmem::elf {
namespace {

constexpr std::uint16_t kHidden = 0x8000;
constexpr std::uint16_t kIndex = 0x7fff;

// Makes `range` cover the record at `offset` too.
void Cover(FileRange& range, std::uint64_t offset, std::uint64_t size) {
  if (range.size_bytes == 0) {
    range = {offset, size};
    return;
  }
  const std::uint64_t end =
      std::max(range.offset_bytes + range.size_bytes, offset + size);
  range.offset_bytes = std::min(range.offset_bytes, offset);
  range.size_bytes = end - range.offset_bytes;
}

}  // namespace

// The hash that DT_HASH and version records carry.
// Source: System V ABI, "Hash Table Function".
std::uint32_t SysvHash(std::string_view name) {
  std::uint32_t hash = 0;
  for (const char c : name) {
    hash = (hash << 4) + static_cast<unsigned char>(c);
    const std::uint32_t high = hash & 0xf0000000U;
    hash ^= high >> 24;
    hash &= ~high;
  }
  return hash;
}

Result<std::string_view> Parser::ReadVersionName(std::uint64_t offset,
                                                 std::uint32_t hash,
                                                 std::string_view field) {
  auto name = file_.String(offset, field);
  if (!name.ok()) return name;
  // ld.so compares hash and name; with this, equal names are enough.
  if (const std::uint32_t is = SysvHash(name.value()); is != hash) {
    return Bad("hash " + Hex(hash) + " of version " + std::string(name.value()),
               Hex(is));
  }
  return name;
}

Status Parser::ReadVersionNeeds() {
  const auto table = file_.Value(DT_VERNEED);
  if (!table) return Status::Ok();
  records_left_ = file_.bytes_.size() / sizeof(Elf64_Vernaux);
  std::uint64_t address = *table;
  for (std::uint64_t left = records_left_; left > 0; --left) {
    const auto offset = file_.FileOffset(address, sizeof(Elf64_Verneed));
    if (!offset) {
      return Bad("Verneed at " + Hex(address),
                 "within the file part of one PT_LOAD");
    }
    Cover(file_.tables_.version_needs, *offset, sizeof(Elf64_Verneed));
    const auto verneed = LoadAt<Elf64_Verneed>(file_.bytes_, *offset);
    if (verneed.vn_version != VER_NEED_CURRENT) {
      return Bad("vn_version " + std::to_string(verneed.vn_version),
                 "VER_NEED_CURRENT");
    }
    if (Status status = ReadVernauxChain(verneed, address); !status.ok()) {
      return status;
    }
    if (verneed.vn_next == 0) return Status::Ok();
    address += verneed.vn_next;
  }
  // Only hundreds of megabytes can be made so that this is reached.
  return Bad("endless Verneed chain", "a vn_next of 0 at its end");
}

Status Parser::ReadVernauxChain(const Elf64_Verneed& verneed,
                                std::uint64_t address) {
  const auto file = file_.String(verneed.vn_file, "vn_file");
  if (!file.ok()) return file.status();
  address += verneed.vn_aux;
  // ld.so follows vna_next to its end and does not look at vn_cnt.
  for (; records_left_ > 0; --records_left_) {
    const auto offset = file_.FileOffset(address, sizeof(Elf64_Vernaux));
    if (!offset) {
      return Bad("Vernaux at " + Hex(address),
                 "within the file part of one PT_LOAD");
    }
    Cover(file_.tables_.version_needs, *offset, sizeof(Elf64_Vernaux));
    const auto aux = LoadAt<Elf64_Vernaux>(file_.bytes_, *offset);
    const auto version =
        ReadVersionName(aux.vna_name, aux.vna_hash, "vna_name");
    if (!version.ok()) return version.status();
    VersionNeed need;
    need.file = file.value();
    need.file_offset_bytes = file_.strings_offset_ + verneed.vn_file;
    need.version = version.value();
    need.weak = (aux.vna_flags & VER_FLG_WEAK) != 0;
    need.hidden = (aux.vna_other & kHidden) != 0;
    need.index = aux.vna_other & kIndex;
    last_version_ = std::max(last_version_, need.index);
    file_.version_needs_.push_back(need);
    if (aux.vna_next == 0) return Status::Ok();
    address += aux.vna_next;
  }
  return Bad("endless Vernaux chain", "a vna_next of 0 at its end");
}

Status Parser::ReadVersionDefinitions() {
  const auto table = file_.Value(DT_VERDEF);
  if (!table) return Status::Ok();
  std::uint64_t address = *table;
  std::uint64_t left = file_.bytes_.size() / sizeof(Elf64_Verdef);
  for (; left > 0; --left) {
    const auto offset = file_.FileOffset(address, sizeof(Elf64_Verdef));
    if (!offset) {
      return Bad("Verdef at " + Hex(address),
                 "within the file part of one PT_LOAD");
    }
    Cover(file_.tables_.version_definitions, *offset, sizeof(Elf64_Verdef));
    const auto verdef = LoadAt<Elf64_Verdef>(file_.bytes_, *offset);
    if (Status status = ReadVersionDefinition(verdef, address); !status.ok()) {
      return status;
    }
    if (verdef.vd_next == 0) return Status::Ok();
    address += verdef.vd_next;
  }
  return Bad("endless Verdef chain", "a vd_next of 0 at its end");
}

// The base version is the file's own name. Old patchelfs overwrote that text
// and left the hash. ld.so finds no need that has both, and does not mind.
Result<std::string_view> Parser::ReadDefinedName(const Elf64_Verdaux& aux,
                                                 const Elf64_Verdef& verdef) {
  if ((verdef.vd_flags & VER_FLG_BASE) == 0) {
    return ReadVersionName(aux.vda_name, verdef.vd_hash, "vda_name");
  }
  auto name = file_.String(aux.vda_name, "vda_name");
  if (!name.ok() || SysvHash(name.value()) == verdef.vd_hash) return name;
  return name.value().substr(name.value().size());
}

// Only the first Verdaux names the version, the others its parents, which
// nobody reads.
Status Parser::ReadVersionDefinition(const Elf64_Verdef& verdef,
                                     std::uint64_t address) {
  if (verdef.vd_version != VER_DEF_CURRENT) {
    return Bad("vd_version " + std::to_string(verdef.vd_version),
               "VER_DEF_CURRENT");
  }
  address += verdef.vd_aux;
  const auto offset = file_.FileOffset(address, sizeof(Elf64_Verdaux));
  if (!offset) {
    return Bad("Verdaux at " + Hex(address),
               "within the file part of one PT_LOAD");
  }
  Cover(file_.tables_.version_definitions, *offset, sizeof(Elf64_Verdaux));
  const auto aux = LoadAt<Elf64_Verdaux>(file_.bytes_, *offset);
  const auto name = ReadDefinedName(aux, verdef);
  if (!name.ok()) return name.status();
  const std::uint16_t index = verdef.vd_ndx & kIndex;
  last_version_ = std::max(last_version_, index);
  file_.version_definitions_.push_back({name.value(), index, verdef.vd_flags});
  return Status::Ok();
}

Status Parser::VerifySymbolVersions() {
  const auto table = file_.Value(DT_VERSYM);
  if (!table) {
    if (last_version_ == 0) return Status::Ok();
    return Bad(
        "versions up to " + std::to_string(last_version_) + " and no DT_VERSYM",
        "one");
  }
  const std::uint64_t count = file_.symbol_count_;
  const auto size = CheckedMul<std::uint64_t>(count, sizeof(Elf64_Half));
  const auto offset = size ? file_.FileOffset(*table, *size) : std::nullopt;
  if (!offset) {
    return Bad("DT_VERSYM " + Hex(*table) + " with " + std::to_string(count) +
                   " symbols",
               "within the file part of one PT_LOAD");
  }
  file_.tables_.symbol_versions = {*offset, *size};
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto version =
        LoadAt<Elf64_Half>(file_.bytes_, *offset + i * sizeof(Elf64_Half));
    if ((version & kIndex) > last_version_) {
      return Bad("version index " + std::to_string(version & kIndex) +
                     " of symbol " + std::to_string(i),
                 "at most " + std::to_string(last_version_) +
                     ", the highest of DT_VERNEED and DT_VERDEF");
    }
  }
  return Status::Ok();
}

std::vector<std::uint16_t> ElfFile::SymbolVersions() const {
  const FileRange& table = tables_.symbol_versions;
  std::vector<std::uint16_t> versions(table.size_bytes / sizeof(Elf64_Half));
  if (!versions.empty()) {
    std::memcpy(versions.data(), bytes_.data() + table.offset_bytes,
                table.size_bytes);
  }
  return versions;
}

}  // namespace inmem::elf
