// native/fuzz/linker_model.cc: mapping, dynamic table, versions, relocations.
#include "linker_model.h"

#include <algorithm>
#include <cstring>

namespace inmem::fuzz {
namespace {

constexpr std::uint64_t kPage = 0x1000;
constexpr std::uint64_t kMaxSpan = 1 << 18;

std::uint64_t PageDown(std::uint64_t address) { return address & ~(kPage - 1); }
std::uint64_t PageUp(std::uint64_t address) {
  return PageDown(address + kPage - 1);
}

}  // namespace

bool LinkerModel::Map(std::span<const std::byte> file) {
  file_ = file;
  Require(file.size() >= sizeof ehdr_);
  std::memcpy(&ehdr_, file.data(), sizeof ehdr_);
  const std::uint64_t size = ehdr_.e_phnum * sizeof(Elf64_Phdr);
  Require(ehdr_.e_phoff <= file.size() && size <= file.size() - ehdr_.e_phoff);
  phdrs_.resize(ehdr_.e_phnum);
  std::memcpy(phdrs_.data(), file.data() + ehdr_.e_phoff, size);

  const Elf64_Phdr* first = nullptr;
  const Elf64_Phdr* last = nullptr;
  for (const Elf64_Phdr& phdr : phdrs_) {
    if (phdr.p_type != PT_LOAD) continue;
    if (first == nullptr) first = &phdr;
    last = &phdr;
  }
  Require(first != nullptr);
  start_ = PageDown(first->p_vaddr);
  const std::uint64_t end = last->p_vaddr + last->p_memsz;
  Require(end >= start_);
  if (end - start_ > kMaxSpan) return false;
  image_.resize(PageUp(end) - start_);
  pages_.resize(image_.size() / kPage);
  for (const Elf64_Phdr& phdr : phdrs_) {
    if (phdr.p_type == PT_LOAD) MapSegment(phdr);
  }
  return true;
}

void LinkerModel::MapSegment(const Elf64_Phdr& phdr) {
  Require((phdr.p_vaddr - phdr.p_offset) % kPage == 0);
  const std::uint64_t begin = PageDown(phdr.p_vaddr) - start_;
  const std::uint64_t data_end = phdr.p_vaddr + phdr.p_filesz - start_;
  const std::uint64_t end = phdr.p_vaddr + phdr.p_memsz - start_;
  Require(PageUp(end) <= image_.size() && data_end <= end);
  std::uint64_t offset = PageDown(phdr.p_offset);
  for (std::uint64_t at = begin; at < PageUp(data_end); at += kPage) {
    // A page wholly behind the file's end is a SIGBUS.
    Require(offset < file_.size());
    const std::uint64_t size = std::min(kPage, file_.size() - offset);
    std::fill_n(image_.begin() + static_cast<std::ptrdiff_t>(at), kPage,
                std::byte{0});
    std::memcpy(&image_[at], &file_[offset], size);
    offset += kPage;
  }
  std::fill(image_.begin() + static_cast<std::ptrdiff_t>(data_end),
            image_.begin() + static_cast<std::ptrdiff_t>(
                                 end > data_end ? PageUp(end) : data_end),
            std::byte{0});
  for (std::uint64_t at = begin; at < PageUp(end); at += kPage) {
    pages_[at / kPage] = static_cast<std::uint8_t>(phdr.p_flags & 7);
  }
}

void LinkerModel::Access(std::uint64_t address, std::uint64_t size,
                         std::uint8_t any_of) const {
  Require(address >= start_ && address - start_ <= image_.size() &&
          size <= image_.size() - (address - start_));
  if (size == 0) return;
  for (std::uint64_t page = (address - start_) / kPage;
       page <= (address - start_ + size - 1) / kPage; ++page) {
    Require((pages_[page] & any_of) != 0);
  }
}

std::string LinkerModel::ReadString(std::uint64_t offset) const {
  std::string text;
  for (std::uint64_t at = Tag(DT_STRTAB) + offset;; ++at) {
    const char c = Read<char>(at);
    if (c == '\0') return text;
    text += c;
  }
}

// With another byte than before: what is read again must not have changed.
void LinkerModel::Write(std::uint64_t address, std::uint64_t size) {
  const bool text =
      Has(DT_TEXTREL) || (Has(DT_FLAGS) && (Tag(DT_FLAGS) & DF_TEXTREL) != 0);
  Access(address, size, text ? PF_R | PF_W | PF_X : PF_W);
  std::fill_n(image_.begin() + static_cast<std::ptrdiff_t>(address - start_),
              size, std::byte{0xA5});
}

std::uint64_t LinkerModel::Tag(std::int64_t tag) const {
  const auto found = info_.find(tag);
  Require(found != info_.end());
  return found->second;
}

void LinkerModel::Load() {
  ReadDynamic();
  ReadProperties();
  SetupHash();
  ReadVersions();
  Relocate();
  CallAll(DT_INIT, DT_INIT_ARRAY, DT_INIT_ARRAYSZ);
  CallAll(DT_FINI, DT_FINI_ARRAY, DT_FINI_ARRAYSZ);
}

void LinkerModel::ReadDynamic() {
  const Elf64_Phdr* found = nullptr;
  for (const Elf64_Phdr& phdr : phdrs_) {
    if (phdr.p_type == PT_DYNAMIC && phdr.p_filesz != 0) found = &phdr;
  }
  Require(found != nullptr);
  for (std::uint64_t at = found->p_vaddr;; at += sizeof(Elf64_Dyn)) {
    const auto dyn = Read<Elf64_Dyn>(at);
    if (dyn.d_tag == DT_NULL) break;
    // ld.so makes pointers of the addresses, in place.
    if ((found->p_flags & PF_W) != 0) Access(at, sizeof dyn, PF_W);
    info_[dyn.d_tag] = dyn.d_un.d_val;
  }
  if (Has(DT_PLTREL)) Require(Tag(DT_PLTREL) == DT_RELA);
  if (Has(DT_RELA)) Require(Tag(DT_RELAENT) == sizeof(Elf64_Rela));
  if (Has(kRelr)) Require(Tag(kRelrent) == sizeof(std::uint64_t));
  for (const std::int64_t tag : {DT_SONAME, DT_RPATH, DT_RUNPATH}) {
    if (Has(tag)) ReadString(Tag(tag));
  }
}

// PT_PHDR, notes, TLS and RELRO.
void LinkerModel::ReadProperties() const {
  constexpr std::uint32_t kProperty = 0x6474e553;
  for (const Elf64_Phdr& phdr : phdrs_) {
    switch (phdr.p_type) {
      case PT_PHDR:
        for (std::size_t i = 0; i < phdrs_.size(); ++i) {
          const auto copy = Read<Elf64_Phdr>(phdr.p_vaddr + i * sizeof phdr);
          Require(std::memcmp(&copy, &phdrs_[i], sizeof copy) == 0);
        }
        break;
      case PT_NOTE:
      case kProperty:
        if (phdr.p_memsz > 0) Access(phdr.p_vaddr, phdr.p_memsz, PF_R | PF_W);
        break;
      case PT_TLS:
        // Of an empty image only the size counts.
        if (phdr.p_filesz > 0) {
          Access(phdr.p_vaddr, phdr.p_filesz, PF_R | PF_W);
        }
        break;
      case PT_GNU_RELRO: {
        if (phdr.p_memsz == 0) break;  // not looked at
        const std::uint64_t begin = PageDown(phdr.p_vaddr);
        const std::uint64_t end = PageDown(phdr.p_vaddr + phdr.p_memsz);
        Require(end <= start_ + image_.size());
        if (begin < end) Access(begin, end - begin, PF_R | PF_W | PF_X);
        break;
      }
      default:
        break;
    }
  }
}

void LinkerModel::SetupHash() {
  if (Has(DT_GNU_HASH)) {
    const std::uint64_t table = Tag(DT_GNU_HASH);
    nbuckets_ = Read<std::uint32_t>(table);
    symoffset_ = Read<std::uint32_t>(table + 4);
    const auto words = Read<std::uint32_t>(table + 8);
    Require((words & (words - 1)) == 0);
    bloom_mask_ = words - 1;
    bloom_shift_ = Read<std::uint32_t>(table + 12);
    bloom_ = table + 16;
    buckets_ = bloom_ + std::uint64_t{words} * 8;
    chains_ = buckets_ + std::uint64_t{nbuckets_} * 4;
  } else if (Has(DT_HASH)) {
    const std::uint64_t table = Tag(DT_HASH);
    nbuckets_ = Read<std::uint32_t>(table);
    buckets_ = table + 8;
    chains_ = buckets_ + std::uint64_t{nbuckets_} * 4;
  }
}

LinkerModel::Version& LinkerModel::VersionAt(std::uint16_t index) {
  const std::size_t at = index & 0x7fffU;
  if (at >= versions_.size()) versions_.resize(at + 1);
  return versions_[at];
}

void LinkerModel::ReadVersions() {
  if (Has(DT_VERNEED)) ReadVerneed(Tag(DT_VERNEED));
  if (Has(DT_VERDEF)) ReadVerdef(Tag(DT_VERDEF));
  // Only index 0: ld.so makes no table.
  if (versions_.size() <= 1) versions_.clear();
  if (!versions_.empty()) Require(Has(DT_VERSYM));
}

// Hash 0 is the sign of no version.
std::string LinkerModel::VersionName(std::uint32_t hash,
                                     std::uint32_t offset) const {
  const std::string name = ReadString(offset);
  return hash == 0 ? std::string() : name;
}

void LinkerModel::ReadVerneed(std::uint64_t address) {
  for (;;) {
    const auto need = Read<Elf64_Verneed>(address);
    ReadString(need.vn_file);
    for (std::uint64_t at = address + need.vn_aux;;) {
      const auto aux = Read<Elf64_Vernaux>(at);
      VersionAt(aux.vna_other) = {VersionName(aux.vna_hash, aux.vna_name),
                                  (aux.vna_other & 0x8000) != 0};
      if (aux.vna_next == 0) break;
      at += aux.vna_next;
    }
    if (need.vn_next == 0) break;
    address += need.vn_next;
  }
}

void LinkerModel::ReadVerdef(std::uint64_t address) {
  for (;;) {
    const auto def = Read<Elf64_Verdef>(address);
    Require(def.vd_version == 1);
    const auto aux = Read<Elf64_Verdaux>(address + def.vd_aux);
    Version& version = VersionAt(def.vd_ndx);
    if ((def.vd_flags & VER_FLG_BASE) == 0) {
      version.name = VersionName(def.vd_hash, aux.vda_name);
    }
    if (def.vd_next == 0) break;
    address += def.vd_next;
  }
}

void LinkerModel::CallAll(std::int64_t call, std::int64_t array,
                          std::int64_t size) const {
  if (Has(call)) Access(Tag(call), 1, PF_X);
  if (!Has(array)) return;
  for (std::uint64_t i = 0; i < Tag(size) / 8; ++i) {
    Read<std::uint64_t>(Tag(array) + i * 8);
  }
}

}  // namespace inmem::fuzz
