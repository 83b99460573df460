// native/elf/strip.cc: a shared object without what only debuggers read.
#include "elf/strip.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/checked.h"
#include "elf/bytes.h"

namespace inmem::elf {
namespace {

using Bytes = std::span<const std::byte>;

// Bytes of the file that stay together.
struct Chunk {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  // The new offset equals the old one modulo this, a power of two.
  std::uint64_t alignment = 1;
  std::uint64_t new_begin = 0;
};

constexpr std::uint32_t kGone = UINT32_MAX;

template <typename T>
void StoreAt(std::span<std::byte> bytes, std::uint64_t offset, const T& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

template <typename T>
bool ReadTable(Bytes file, std::uint64_t offset, std::uint64_t count,
               std::vector<T>* out) {
  if (!RangeFits(offset, count * sizeof(T), file.size())) return false;
  out->resize(count);
  if (count > 0) {
    std::memcpy(out->data(), file.data() + offset, count * sizeof(T));
  }
  return true;
}

bool HasContent(const Elf64_Shdr& section) {
  return section.sh_type != SHT_NULL && section.sh_type != SHT_NOBITS;
}

bool IsDebugName(std::string_view name) {
  constexpr std::array<std::string_view, 6> kPrefixes = {
      ".debug", ".zdebug", ".gnu.debuglto_", ".gdb_index", ".stab", ".line"};
  return name == ".gnu_debugdata" ||
         std::any_of(
             kPrefixes.begin(), kPrefixes.end(),
             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

class Stripper {
 public:
  explicit Stripper(Bytes file) : file_(file) {}

  std::optional<std::vector<std::byte>> Strip() {
    if (!ReadHeaders() || !ChooseSections() || !ReferencesHold()) {
      return std::nullopt;
    }
    if (!GatherChunks() || HasPayload()) return std::nullopt;
    return Write();
  }

 private:
  bool ReadHeaders() {
    const auto header = ReadAt<Elf64_Ehdr>(file_, 0);
    if (!header) return false;
    header_ = *header;
    const unsigned char* ident = header_.e_ident;
    return std::memcmp(ident, ELFMAG, SELFMAG) == 0 &&
           ident[EI_CLASS] == ELFCLASS64 && ident[EI_DATA] == ELFDATA2LSB &&
           header_.e_type == ET_DYN &&
           header_.e_phentsize == sizeof(Elf64_Phdr) &&
           header_.e_shentsize == sizeof(Elf64_Shdr) && header_.e_phnum > 0 &&
           header_.e_shnum > 0 && header_.e_shstrndx < header_.e_shnum &&
           ReadTable(file_, header_.e_phoff, header_.e_phnum, &segments_) &&
           ReadTable(file_, header_.e_shoff, header_.e_shnum, &sections_) &&
           std::all_of(
               sections_.begin(), sections_.end(),
               [&](const Elf64_Shdr& section) {
                 return !HasContent(section) ||
                        RangeFits(section.sh_offset, section.sh_size,
                                  file_.size());
               });
  }

  std::string_view NameOf(const Elf64_Shdr& section) const {
    const Elf64_Shdr& names = sections_[header_.e_shstrndx];
    if (!HasContent(names) || section.sh_name >= names.sh_size) return {};
    const std::string_view text(
        reinterpret_cast<const char*>(file_.data()) + names.sh_offset,
        names.sh_size);
    const std::string_view rest = text.substr(section.sh_name);
    return rest.substr(0, rest.find('\0'));
  }

  bool Goes(std::uint64_t index) const {
    return index < gone_.size() && gone_[index];
  }

  // Whether there is anything to leave out.
  bool ChooseSections() {
    gone_.assign(sections_.size(), false);
    std::vector<bool> strings(sections_.size(), false);
    for (std::size_t i = 1; i < sections_.size(); ++i) {
      const Elf64_Shdr& section = sections_[i];
      if ((section.sh_flags & SHF_ALLOC) != 0) continue;
      const bool symbols =
          section.sh_type == SHT_SYMTAB || section.sh_type == SHT_SYMTAB_SHNDX;
      if (symbols && section.sh_link < sections_.size()) {
        strings[section.sh_link] = true;
      }
      gone_[i] = symbols || IsDebugName(NameOf(section));
    }
    gone_[header_.e_shstrndx] = false;
    ChooseStrings(strings);
    // Relocations of what goes (-Wl,--emit-relocs) are of no use without it.
    for (std::size_t i = 1; i < sections_.size(); ++i) {
      const Elf64_Shdr& section = sections_[i];
      const bool relocations =
          section.sh_type == SHT_REL || section.sh_type == SHT_RELA;
      if (!relocations || (section.sh_flags & SHF_ALLOC) != 0) continue;
      if (Goes(section.sh_link) || Goes(section.sh_info)) gone_[i] = true;
    }
    return std::find(gone_.begin(), gone_.end(), true) != gone_.end();
  }

  // Strings of the symbols that go, where no other section uses them.
  void ChooseStrings(const std::vector<bool>& strings) {
    for (std::size_t i = 1; i < sections_.size(); ++i) {
      const Elf64_Shdr& section = sections_[i];
      if (!strings[i] || section.sh_type != SHT_STRTAB ||
          (section.sh_flags & SHF_ALLOC) != 0 || i == header_.e_shstrndx) {
        continue;
      }
      bool used = false;
      for (std::size_t other = 1; other < sections_.size(); ++other) {
        used = used || (!gone_[other] && sections_[other].sh_link == i);
      }
      gone_[i] = !used;
    }
  }

  static bool InfoIsIndex(const Elf64_Shdr& section) {
    return (section.sh_flags & SHF_INFO_LINK) != 0 ||
           section.sh_type == SHT_REL || section.sh_type == SHT_RELA;
  }

  // Whether nothing that stays refers to what goes; numbers what stays.
  bool ReferencesHold() {
    new_index_.assign(sections_.size(), kGone);
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      if (gone_[i]) continue;
      new_index_[i] = count++;
      const Elf64_Shdr& section = sections_[i];
      if (Goes(section.sh_link)) return false;
      if (InfoIsIndex(section) && Goes(section.sh_info)) return false;
      if (section.sh_type == SHT_DYNSYM && !SymbolsHold(section)) return false;
    }
    kept_ = count;
    return true;
  }

  bool SymbolsHold(const Elf64_Shdr& section) const {
    for (std::uint64_t i = 0; i < section.sh_size / sizeof(Elf64_Sym); ++i) {
      const auto symbol =
          LoadAt<Elf64_Sym>(file_, section.sh_offset + i * sizeof(Elf64_Sym));
      if (Goes(symbol.st_shndx)) return false;
    }
    return true;
  }

  bool AddRange(std::uint64_t offset, std::uint64_t size,
                std::uint64_t alignment) {
    alignment = std::max<std::uint64_t>(alignment, 1);
    if (!std::has_single_bit(alignment) ||
        !RangeFits(offset, size, file_.size())) {
      return false;
    }
    chunks_.push_back({offset, offset + size, alignment, 0});
    return true;
  }

  // Sorts what stays into chunks, between which something goes.
  bool GatherChunks() {
    std::uint64_t alignment = 1;
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type == PT_LOAD) {
        alignment = std::max(alignment, segment.p_align);
      }
    }
    bool ok = AddRange(0, sizeof header_, alignment) &&
              AddRange(header_.e_phoff, header_.e_phnum * sizeof(Elf64_Phdr),
                       alignment);
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type != PT_LOAD && segment.p_filesz == 0) continue;
      ok = ok && AddRange(segment.p_offset, segment.p_filesz, alignment);
    }
    for (std::size_t i = 1; i < sections_.size(); ++i) {
      const Elf64_Shdr& section = sections_[i];
      if (gone_[i] || !HasContent(section)) continue;
      const bool loaded = (section.sh_flags & SHF_ALLOC) != 0;
      ok = ok && AddRange(section.sh_offset, section.sh_size,
                          loaded ? alignment : section.sh_addralign);
    }
    if (ok) JoinChunks();
    return ok;
  }

  void JoinChunks() {
    std::sort(chunks_.begin(), chunks_.end(),
              [](const Chunk& a, const Chunk& b) { return a.begin < b.begin; });
    std::vector<Chunk> joined;
    for (const Chunk& chunk : chunks_) {
      if (joined.empty() || SomethingGoes(joined.back().end, chunk.begin)) {
        joined.push_back(chunk);
        continue;
      }
      Chunk& last = joined.back();
      last.end = std::max(last.end, chunk.end);
      last.alignment = std::max(last.alignment, chunk.alignment);
    }
    std::uint64_t cursor = 0;
    for (Chunk& chunk : joined) {
      chunk.new_begin =
          cursor + ((chunk.begin - cursor) & (chunk.alignment - 1));
      cursor = chunk.new_begin + (chunk.end - chunk.begin);
    }
    chunks_ = std::move(joined);
    new_end_ = cursor;
  }

  // Whether a section that goes, or the old section headers, lie between.
  bool SomethingGoes(std::uint64_t begin, std::uint64_t end) const {
    const auto lies = [&](std::uint64_t offset, std::uint64_t size) {
      return size > 0 && offset >= begin && offset < end;
    };
    if (lies(header_.e_shoff, sections_.size())) return true;
    for (std::size_t i = 1; i < sections_.size(); ++i) {
      const Elf64_Shdr& section = sections_[i];
      if (gone_[i] && HasContent(section) &&
          lies(section.sh_offset, section.sh_size)) {
        return true;
      }
    }
    return false;
  }

  // Bytes behind everything that the headers name.
  bool HasPayload() const {
    std::uint64_t end = header_.e_shoff + sections_.size() * sizeof(Elf64_Shdr);
    end = std::max(end, chunks_.back().end);
    for (const Elf64_Shdr& section : sections_) {
      if (!HasContent(section)) continue;
      end = std::max(end, section.sh_offset + section.sh_size);
    }
    const Bytes rest = file_.subspan(end);
    return std::any_of(rest.begin(), rest.end(),
                       [](std::byte byte) { return byte != std::byte{0}; });
  }

  std::uint64_t NewOffset(std::uint64_t offset) const {
    auto after = std::upper_bound(chunks_.begin(), chunks_.end(), offset,
                                  [](std::uint64_t value, const Chunk& chunk) {
                                    return value < chunk.begin;
                                  });
    const Chunk& chunk = *std::prev(after);  // the first one begins at 0
    return offset - (chunk.begin - chunk.new_begin);
  }

  std::optional<std::vector<std::byte>> Write() const {
    const std::uint64_t table = (new_end_ + 7) & ~std::uint64_t{7};
    const std::uint64_t size = table + kept_ * sizeof(Elf64_Shdr);
    if (size >= file_.size()) return std::nullopt;
    std::vector<std::byte> out(size);
    for (const Chunk& chunk : chunks_) {
      std::memcpy(out.data() + chunk.new_begin, file_.data() + chunk.begin,
                  chunk.end - chunk.begin);
    }
    WriteSections(out, table);
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      Elf64_Phdr segment = segments_[i];
      segment.p_offset = NewOffset(segment.p_offset);
      StoreAt(out, NewOffset(header_.e_phoff) + i * sizeof segment, segment);
    }
    Elf64_Ehdr header = header_;
    header.e_phoff = NewOffset(header_.e_phoff);
    header.e_shoff = table;
    header.e_shnum = static_cast<Elf64_Half>(kept_);
    header.e_shstrndx = static_cast<Elf64_Half>(new_index_[header_.e_shstrndx]);
    StoreAt(out, 0, header);
    return out;
  }

  void WriteSections(std::span<std::byte> out, std::uint64_t table) const {
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      if (gone_[i]) continue;
      Elf64_Shdr section = sections_[i];
      const auto renumber = [&](Elf64_Word* index) {
        if (*index < new_index_.size()) *index = new_index_[*index];
      };
      if (section.sh_type != SHT_NULL) {
        section.sh_offset = NewOffset(section.sh_offset);
      }
      renumber(&section.sh_link);
      if (InfoIsIndex(section)) renumber(&section.sh_info);
      if (section.sh_type == SHT_DYNSYM) WriteSymbols(out, section);
      StoreAt(out, table + new_index_[i] * sizeof section, section);
    }
  }

  // Indexes of sections in dynamic symbols; `section` has its new place.
  void WriteSymbols(std::span<std::byte> out, const Elf64_Shdr& section) const {
    for (std::uint64_t i = 0; i < section.sh_size / sizeof(Elf64_Sym); ++i) {
      const std::uint64_t offset = section.sh_offset + i * sizeof(Elf64_Sym);
      auto symbol = LoadAt<Elf64_Sym>(out, offset);
      if (symbol.st_shndx >= new_index_.size()) continue;
      symbol.st_shndx = static_cast<Elf64_Half>(new_index_[symbol.st_shndx]);
      StoreAt(out, offset, symbol);
    }
  }

  Bytes file_;
  Elf64_Ehdr header_ = {};
  std::vector<Elf64_Phdr> segments_;
  std::vector<Elf64_Shdr> sections_;
  std::vector<bool> gone_;
  std::vector<std::uint32_t> new_index_;
  std::uint64_t kept_ = 0;
  std::vector<Chunk> chunks_;
  std::uint64_t new_end_ = 0;
};

}  // namespace

std::optional<std::vector<std::byte>> WithoutDebug(Bytes file) {
  return Stripper(file).Strip();
}

}  // namespace inmem::elf
