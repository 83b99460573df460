// native/elf/segments.cc: program headers, verified as ld.so relies on them.
#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "base/checked.h"
#include "elf/names.h"
#include "elf/parser.h"

namespace inmem::elf {
namespace {

// The smallest page of the machines we know; ld.so uses the kernel's, which
// may be larger, and then says itself that a segment does not fit it.
constexpr std::uint64_t kPage = 0x1000;

constexpr std::uint64_t PageDown(std::uint64_t address) {
  return address & ~(kPage - 1);
}

constexpr std::uint64_t PageUp(std::uint64_t address) {
  return PageDown(address + kPage - 1);
}

}  // namespace

Status Parser::VerifyProgramHeaders() {
  const Elf64_Phdr* first = nullptr;
  const Elf64_Phdr* last = nullptr;
  for (std::size_t i = 0; i < file_.phdrs_.size(); ++i) {
    const Elf64_Phdr& phdr = file_.phdrs_[i];
    const std::string name =
        SegmentTypeName(phdr.p_type) + " " + std::to_string(i) + ": ";
    if (phdr.p_type == PT_LOAD || phdr.p_type == PT_TLS ||
        phdr.p_type == PT_DYNAMIC) {
      if (Status status = VerifySegment(phdr, name); !status.ok()) {
        return status;
      }
    }
    if (phdr.p_type != PT_LOAD) continue;
    if (first == nullptr) first = &phdr;
    if (Status status = VerifyLoadSegment(phdr, last, name); !status.ok()) {
      return status;
    }
    last = &phdr;
  }
  if (last == nullptr) return Bad("no PT_LOAD", "at least one");
  // No code model reaches as far; it would only be address space.
  constexpr std::uint64_t kSpanLimit = std::uint64_t{1} << 36;
  const std::uint64_t span = last->p_vaddr + last->p_memsz - first->p_vaddr;
  if (span > kSpanLimit) {
    return Bad("PT_LOADs over " + Hex(span) + " bytes",
               "at most " + Hex(kSpanLimit));
  }
  return Status::Ok();
}

Status Parser::VerifySegment(const Elf64_Phdr& phdr, const std::string& name) {
  if (!RangeFits(phdr.p_offset, phdr.p_filesz, file_.bytes_.size())) {
    return Bad(name + "p_offset " + Hex(phdr.p_offset) + " + p_filesz " +
                   Hex(phdr.p_filesz),
               "within the file's " + Hex(file_.bytes_.size()) + " bytes");
  }
  if (phdr.p_filesz > phdr.p_memsz) {
    return Bad(name + "p_filesz " + Hex(phdr.p_filesz),
               "at most p_memsz " + Hex(phdr.p_memsz));
  }
  // Addresses are 47 bits wide; a lower limit than 2^64 keeps every later sum
  // of an address and a size from overflowing.
  constexpr std::uint64_t kAddressLimit = 0x8000'0000'0000U;
  if (!RangeFits(phdr.p_vaddr, phdr.p_memsz, kAddressLimit)) {
    return Bad(name + "p_vaddr " + Hex(phdr.p_vaddr) + " + p_memsz " +
                   Hex(phdr.p_memsz),
               "at most " + Hex(kAddressLimit));
  }
  if (phdr.p_align > 1 && !std::has_single_bit(phdr.p_align)) {
    return Bad(name + "p_align " + Hex(phdr.p_align), "a power of two");
  }
  return Status::Ok();
}

Status Parser::VerifyLoadSegment(const Elf64_Phdr& phdr, const Elf64_Phdr* last,
                                 const std::string& name) {
  // Small alignments do not matter: ld.so maps pages.
  const std::uint64_t align = std::max<std::uint64_t>(phdr.p_align, kPage);
  if (((phdr.p_vaddr - phdr.p_offset) & (align - 1)) != 0) {
    return Bad(name + "p_vaddr " + Hex(phdr.p_vaddr) + ", p_offset " +
                   Hex(phdr.p_offset),
               "equal modulo p_align " + Hex(align));
  }
  // Loading reads what it writes.
  if ((phdr.p_flags & PF_W) != 0 && (phdr.p_flags & PF_R) == 0) {
    return Bad(name + "writable and not readable", "PF_R, too");
  }
  if (last == nullptr) return Status::Ok();
  // ld.so takes the first and the last one as the bounds of its reservation.
  const std::uint64_t last_end = last->p_vaddr + last->p_memsz;
  if (phdr.p_vaddr < last_end) {
    return Bad(name + "p_vaddr " + Hex(phdr.p_vaddr),
               "at least " + Hex(last_end) + ", in ascending order");
  }
  // It maps whole pages, so the later of two segments in one page decides what
  // lies there: what has been read of the earlier one would not be what runs.
  if (PageDown(phdr.p_vaddr) < PageUp(last_end) && last->p_memsz > 0) {
    return Bad(name + "p_vaddr " + Hex(phdr.p_vaddr) +
                   " in the last page of the PT_LOAD before",
               "at least " + Hex(PageUp(last_end)));
  }
  return Status::Ok();
}

// What ld.so reads by address, or changes the protection of.
Status Parser::VerifyOtherSegments() {
  for (std::size_t i = 0; i < file_.phdrs_.size(); ++i) {
    const Elf64_Phdr& phdr = file_.phdrs_[i];
    const std::string name =
        SegmentTypeName(phdr.p_type) + " " + std::to_string(i) + ": ";
    Status status;
    switch (phdr.p_type) {
      case PT_TLS:
        status = VerifyTls(phdr, name);
        break;
      case PT_NOTE:
      case kPtGnuProperty:
        if (phdr.p_memsz > 0 &&
            file_.LoadSegmentOf(phdr.p_vaddr, phdr.p_memsz) == nullptr) {
          status = Outside(name, phdr, "the memory part of one PT_LOAD");
        }
        break;
      case PT_PHDR:
        status = VerifyPhdr(phdr, name);
        break;
      case PT_GNU_RELRO:
        status = VerifyRelro(phdr, name);
        break;
      default:
        break;
    }
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status Parser::Outside(const std::string& name, const Elf64_Phdr& phdr,
                       const std::string& of) const {
  return Bad(
      name + "p_vaddr " + Hex(phdr.p_vaddr) + " + p_memsz " + Hex(phdr.p_memsz),
      "within " + of);
}

Status Parser::VerifyTls(const Elf64_Phdr& phdr, const std::string& name) {
  if (has_tls_) return Bad("two PT_TLS", "one");
  has_tls_ = true;
  // Where a thread's block cannot be allocated, ld.so ends the process.
  constexpr std::uint64_t kTlsLimit = std::uint64_t{1} << 30;
  if (phdr.p_memsz > kTlsLimit || phdr.p_align > kTlsLimit) {
    return Bad(name + "p_memsz " + Hex(phdr.p_memsz) + ", p_align " +
                   Hex(phdr.p_align),
               "at most " + Hex(kTlsLimit));
  }
  // Each thread copies this image.
  if (phdr.p_filesz > 0 && !file_.FileOffset(phdr.p_vaddr, phdr.p_filesz)) {
    return Bad(name + "p_vaddr " + Hex(phdr.p_vaddr) + " + p_filesz " +
                   Hex(phdr.p_filesz),
               "within the file part of one PT_LOAD");
  }
  return Status::Ok();
}

// ld.so and dl_iterate_phdr read the program headers where PT_PHDR says.
Status Parser::VerifyPhdr(const Elf64_Phdr& phdr, const std::string& name) {
  const std::uint64_t size = file_.phdrs_.size() * sizeof(Elf64_Phdr);
  const auto offset = file_.FileOffset(phdr.p_vaddr, size);
  if (!offset || std::memcmp(file_.bytes_.data() + *offset, file_.phdrs_.data(),
                             size) != 0) {
    return Bad(name + "p_vaddr " + Hex(phdr.p_vaddr),
               "the address of the program headers");
  }
  return Status::Ok();
}

// ld.so makes these pages read-only; they must be the object's own. Linkers
// round the end up to a page, beyond the segment's last byte.
Status Parser::VerifyRelro(const Elf64_Phdr& phdr, const std::string& name) {
  if (phdr.p_memsz == 0) return Status::Ok();
  const Elf64_Phdr* load = file_.LoadSegmentOf(phdr.p_vaddr, 1, 0);
  // PT_LOAD's end is below 2^47, so this does not wrap.
  if (load == nullptr ||
      !RangeFits(phdr.p_vaddr - load->p_vaddr, phdr.p_memsz,
                 PageUp(load->p_vaddr + load->p_memsz) - load->p_vaddr)) {
    return Outside(name, phdr, "the pages of one PT_LOAD");
  }
  return Status::Ok();
}

const Elf64_Phdr* ElfFile::LoadSegmentOf(std::uint64_t address,
                                         std::uint64_t size_bytes,
                                         std::uint32_t flags) const {
  for (const Elf64_Phdr& phdr : phdrs_) {
    if (phdr.p_type == PT_LOAD && (phdr.p_flags & flags) == flags &&
        address >= phdr.p_vaddr &&
        RangeFits(address - phdr.p_vaddr, size_bytes, phdr.p_memsz)) {
      return &phdr;
    }
  }
  return nullptr;
}

std::optional<std::uint64_t> ElfFile::FileOffset(
    std::uint64_t address, std::uint64_t size_bytes) const {
  for (const Elf64_Phdr& phdr : phdrs_) {
    if (phdr.p_type != PT_LOAD || (phdr.p_flags & PF_R) == 0 ||
        address < phdr.p_vaddr) {
      continue;
    }
    const std::uint64_t within = address - phdr.p_vaddr;
    if (RangeFits(within, size_bytes, phdr.p_filesz)) {
      return phdr.p_offset + within;
    }
  }
  return std::nullopt;
}

std::optional<Elf64_Phdr> ElfFile::Segment(std::uint32_t type) const {
  for (const Elf64_Phdr& phdr : phdrs_) {
    if (phdr.p_type == type && phdr.p_memsz > 0) return phdr;
  }
  return std::nullopt;
}

bool ElfFile::executable_stack() const {
  // Without one glibc takes it for needed on x86-64, where old code does; it
  // takes the last where there are several.
  bool executable = ehdr_.e_machine == EM_X86_64;
  for (const Elf64_Phdr& phdr : phdrs_) {
    if (phdr.p_type == PT_GNU_STACK) executable = (phdr.p_flags & PF_X) != 0;
  }
  return executable;
}

}  // namespace inmem::elf
