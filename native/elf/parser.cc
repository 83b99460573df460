// native/elf/parser.cc: header, program headers and dynamic table.
#include "elf/parser.h"

#include <bit>
#include <cstring>
#include <string>

#include "base/checked.h"
#include "elf/bytes.h"
#include "elf/names.h"

namespace inmem::elf {

Parser::Parser(std::span<const std::byte> bytes, std::string_view label,
               std::uint16_t machine)
    : machine_(machine) {
  file_.bytes_ = bytes;
  file_.label_ = label;
}

Status Parser::Run() {
  using Step = Status (Parser::*)();
  constexpr Step kSteps[] = {
      &Parser::ReadHeader,           &Parser::VerifyIdent,
      &Parser::VerifyHeader,         &Parser::ReadProgramHeaders,
      &Parser::VerifyProgramHeaders, &Parser::ReadDynamic,
      &Parser::ReadStrings,          &Parser::ReadNames,
      &Parser::ReadVersionNeeds};
  for (const Step step : kSteps) {
    if (Status status = (this->*step)(); !status.ok()) return status;
  }
  return Status::Ok();
}

Status Parser::WrongMachine(const std::string& found,
                            const std::string& expected) const {
  return {ErrorCode::kWrongMachine,
          file_.label_ + ": " + found + " (expected " + expected + ")"};
}

Status Parser::ReadHeader() {
  const auto& bytes = file_.bytes_;
  // A short file that is no ELF file at all should be told so.
  if (bytes.size() >= SELFMAG &&
      std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
    return Bad("no ELF magic", "\"\\x7fELF\"");
  }
  const auto ehdr = ReadAt<Elf64_Ehdr>(bytes, 0);
  if (!ehdr) {
    return Bad(
        std::to_string(bytes.size()) + " bytes",
        "at least " + std::to_string(sizeof(Elf64_Ehdr)) + ", an ELF header");
  }
  file_.ehdr_ = *ehdr;
  return Status::Ok();
}

Status Parser::VerifyIdent() {
  const auto& ident = file_.ehdr_.e_ident;
  const std::uint8_t ei_class = ident[EI_CLASS];
  const std::uint8_t ei_data = ident[EI_DATA];
  // e_machine stands at the same place in both classes.
  std::uint16_t e_machine = file_.ehdr_.e_machine;
  if (ei_data == ELFDATA2MSB) e_machine = __builtin_bswap16(e_machine);
  if (ei_class != ELFCLASS64) {
    return WrongMachine("EI_CLASS " + ClassName(ei_class) + ", e_machine " +
                            MachineName(e_machine),
                        ClassName(ELFCLASS64) + ", " + MachineName(machine_));
  }
  if (ei_data != ELFDATA2LSB) {
    return WrongMachine("EI_DATA " + DataName(ei_data) + ", e_machine " +
                            MachineName(e_machine),
                        DataName(ELFDATA2LSB) + ", " + MachineName(machine_));
  }
  if (e_machine != machine_) {
    return WrongMachine("e_machine " + MachineName(e_machine),
                        MachineName(machine_));
  }
  const std::uint8_t ei_osabi = ident[EI_OSABI];
  if (ei_osabi != ELFOSABI_NONE && ei_osabi != ELFOSABI_GNU) {
    return WrongMachine(
        "EI_OSABI " + OsAbiName(ei_osabi),
        OsAbiName(ELFOSABI_NONE) + " or " + OsAbiName(ELFOSABI_GNU));
  }
  if (ident[EI_VERSION] != EV_CURRENT) {
    return Bad("EI_VERSION " + std::to_string(ident[EI_VERSION]), "EV_CURRENT");
  }
  return Status::Ok();
}

Status Parser::VerifyHeader() {
  const Elf64_Ehdr& ehdr = file_.ehdr_;
  if (ehdr.e_type != ET_DYN) {
    return Bad("e_type " + TypeName(ehdr.e_type), TypeName(ET_DYN));
  }
  if (ehdr.e_version != EV_CURRENT) {
    return Bad("e_version " + std::to_string(ehdr.e_version), "EV_CURRENT");
  }
  if (ehdr.e_phentsize != sizeof(Elf64_Phdr)) {
    return Bad("e_phentsize " + std::to_string(ehdr.e_phentsize),
               std::to_string(sizeof(Elf64_Phdr)));
  }
  if (ehdr.e_phnum == 0 || ehdr.e_phnum == PN_XNUM) {
    return Bad("e_phnum " + std::to_string(ehdr.e_phnum), "1 to 65534");
  }
  return Status::Ok();
}

Status Parser::ReadProgramHeaders() {
  const Elf64_Ehdr& ehdr = file_.ehdr_;
  const std::uint64_t size = ehdr.e_phnum * sizeof(Elf64_Phdr);
  if (!RangeFits(ehdr.e_phoff, size, file_.bytes_.size())) {
    return Bad("program headers at " + Hex(ehdr.e_phoff) + ", " +
                   std::to_string(size) + " bytes",
               "within the file's " + std::to_string(file_.bytes_.size()));
  }
  file_.phdrs_.resize(ehdr.e_phnum);
  std::memcpy(file_.phdrs_.data(), file_.bytes_.data() + ehdr.e_phoff, size);
  return Status::Ok();
}

Status Parser::VerifyLoadSegment(const Elf64_Phdr& phdr, std::size_t index) {
  const std::string name =
      SegmentTypeName(phdr.p_type) + " " + std::to_string(index) + ": ";
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
  const std::uint64_t mask = phdr.p_align > 1 ? phdr.p_align - 1 : 0;
  if (phdr.p_type == PT_LOAD && ((phdr.p_vaddr - phdr.p_offset) & mask) != 0) {
    return Bad(name + "p_vaddr " + Hex(phdr.p_vaddr) + ", p_offset " +
                   Hex(phdr.p_offset),
               "equal modulo p_align " + Hex(phdr.p_align));
  }
  return Status::Ok();
}

Status Parser::VerifyProgramHeaders() {
  std::uint64_t last_end = 0;
  bool has_load = false;
  for (std::size_t i = 0; i < file_.phdrs_.size(); ++i) {
    const Elf64_Phdr& phdr = file_.phdrs_[i];
    if (phdr.p_type != PT_LOAD && phdr.p_type != PT_TLS &&
        phdr.p_type != PT_DYNAMIC) {
      continue;
    }
    if (Status status = VerifyLoadSegment(phdr, i); !status.ok()) return status;
    if (phdr.p_type != PT_LOAD) continue;
    // ld.so takes the first and the last one as the bounds of its reservation.
    if (has_load && phdr.p_vaddr < last_end) {
      return Bad(
          "PT_LOAD " + std::to_string(i) + ": p_vaddr " + Hex(phdr.p_vaddr),
          "at least " + Hex(last_end) + ", in ascending order");
    }
    last_end = phdr.p_vaddr + phdr.p_memsz;
    has_load = true;
  }
  if (!has_load) return Bad("no PT_LOAD", "at least one");
  return Status::Ok();
}

Status Parser::ReadDynamic() {
  const Elf64_Phdr* found = nullptr;
  for (const Elf64_Phdr& phdr : file_.phdrs_) {
    if (phdr.p_type != PT_DYNAMIC) continue;
    if (found != nullptr) return Bad("two PT_DYNAMIC", "one");
    found = &phdr;
  }
  if (found == nullptr) {
    return Bad("no PT_DYNAMIC", "one: a dynamically linked shared object");
  }
  // Read by address, as ld.so does: p_offset might tell another story.
  const auto offset = file_.FileOffset(found->p_vaddr, found->p_filesz);
  if (!offset) {
    return Bad("PT_DYNAMIC: p_vaddr " + Hex(found->p_vaddr) + " + p_filesz " +
                   Hex(found->p_filesz),
               "within the file part of one PT_LOAD");
  }
  file_.dynamic_offset_ = *offset;
  const std::uint64_t count = found->p_filesz / sizeof(Elf64_Dyn);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto dyn =
        ReadAt<Elf64_Dyn>(file_.bytes_, *offset + i * sizeof(Elf64_Dyn));
    if (!dyn) break;
    if (dyn->d_tag == DT_NULL) return Status::Ok();
    file_.dynamic_.push_back(*dyn);
  }
  return Bad(
      "dynamic table of " + std::to_string(count) + " entries without DT_NULL",
      "a DT_NULL at its end");
}

Status Parser::ReadStrings() {
  const auto address = file_.Value(DT_STRTAB);
  const auto size = file_.Value(DT_STRSZ);
  if (!address) return Bad("no DT_STRTAB", "one");
  if (!size) return Bad("no DT_STRSZ", "one");
  if (!file_.Value(DT_SYMTAB)) return Bad("no DT_SYMTAB", "one");
  const std::uint64_t syment =
      file_.Value(DT_SYMENT).value_or(sizeof(Elf64_Sym));
  if (syment != sizeof(Elf64_Sym)) {
    return Bad("DT_SYMENT " + std::to_string(syment),
               std::to_string(sizeof(Elf64_Sym)));
  }
  const auto offset = file_.FileOffset(*address, *size);
  if (!offset) {
    return Bad("DT_STRTAB " + Hex(*address) + " + DT_STRSZ " + Hex(*size),
               "within the file part of one PT_LOAD");
  }
  file_.strings_offset_ = *offset;
  file_.strings_ = file_.bytes_.subspan(*offset, *size);
  // With this, any offset below DT_STRSZ begins a string that ends within.
  if (file_.strings_.empty() || file_.strings_.back() != std::byte{0}) {
    return Bad("string table without NUL at its end", "a NUL");
  }
  return Status::Ok();
}

Status Parser::ReadNames() {
  for (std::size_t i = 0; i < file_.dynamic_.size(); ++i) {
    const Elf64_Dyn& dyn = file_.dynamic_[i];
    const char* what = nullptr;
    if (dyn.d_tag == DT_NEEDED) what = "DT_NEEDED";
    if (dyn.d_tag == DT_SONAME) what = "DT_SONAME";
    if (dyn.d_tag == DT_RPATH) what = "DT_RPATH";
    if (dyn.d_tag == DT_RUNPATH) what = "DT_RUNPATH";
    if (what == nullptr) continue;
    const auto text = file_.String(dyn.d_un.d_val, what);
    if (!text.ok()) return text.status();
    if (dyn.d_tag == DT_NEEDED) {
      if (text.value().empty()) return Bad("empty DT_NEEDED", "a name");
      file_.needs_.push_back({text.value(),
                              file_.strings_offset_ + dyn.d_un.d_val,
                              file_.dynamic_offset_ + i * sizeof(Elf64_Dyn)});
    } else if (dyn.d_tag == DT_SONAME) {
      file_.soname_ = text.value();
    } else if (dyn.d_tag == DT_RPATH) {
      file_.rpath_ = text.value();
    } else {
      file_.runpath_ = text.value();
    }
  }
  return Status::Ok();
}

Status Parser::ReadVersionNeeds() {
  const auto table = file_.Value(DT_VERNEED);
  if (!table) return Status::Ok();
  vernaux_left_ = file_.bytes_.size() / sizeof(Elf64_Vernaux);
  std::uint64_t address = *table;
  for (std::uint64_t left = vernaux_left_; left > 0; --left) {
    const auto offset = file_.FileOffset(address, sizeof(Elf64_Verneed));
    if (!offset) {
      return Bad("Verneed at " + Hex(address),
                 "within the file part of one PT_LOAD");
    }
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
  return Bad("endless Verneed chain", "a vn_next of 0 at its end");
}

Status Parser::ReadVernauxChain(const Elf64_Verneed& verneed,
                                std::uint64_t address) {
  const auto file = file_.String(verneed.vn_file, "vn_file");
  if (!file.ok()) return file.status();
  address += verneed.vn_aux;
  // ld.so follows vna_next to its end and does not look at vn_cnt.
  for (; vernaux_left_ > 0; --vernaux_left_) {
    const auto offset = file_.FileOffset(address, sizeof(Elf64_Vernaux));
    if (!offset) {
      return Bad("Vernaux at " + Hex(address),
                 "within the file part of one PT_LOAD");
    }
    const auto aux = LoadAt<Elf64_Vernaux>(file_.bytes_, *offset);
    const auto version = file_.String(aux.vna_name, "vna_name");
    if (!version.ok()) return version.status();
    file_.version_needs_.push_back(
        {file.value(), file_.strings_offset_ + verneed.vn_file, version.value(),
         (aux.vna_flags & VER_FLG_WEAK) != 0});
    if (aux.vna_next == 0) return Status::Ok();
    address += aux.vna_next;
  }
  return Bad("endless Vernaux chain", "a vna_next of 0 at its end");
}

}  // namespace inmem::elf
