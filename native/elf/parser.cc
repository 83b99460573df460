// native/elf/parser.cc: header, program headers and dynamic table.
#include "elf/parser.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/checked.h"
#include "elf/bytes.h"
#include "elf/names.h"

namespace inmem::elf {
namespace {

// Far above what linkers make, and low enough for ld.so, which puts copies of
// all these on the stack of whoever calls dlopen.
constexpr std::uint16_t kMaxProgramHeaders = 1024;
constexpr std::uint64_t kMaxDynamicBytes = 1 << 20;
constexpr std::uint64_t kMaxNameBytes = 4095;     // as PATH_MAX has it
constexpr std::uint64_t kMaxPathBytes = 1 << 20;  // tensorflow has 20 KB

}  // namespace

Parser::Parser(std::span<const std::byte> bytes, std::string_view label,
               std::uint16_t machine, bool programs)
    : machine_(machine), programs_(programs) {
  file_.bytes_ = bytes;
  file_.label_ = label;
}

Status Parser::Run() {
  using Step = Status (Parser::*)();
  constexpr Step kSteps[] = {
      &Parser::ReadHeader,
      &Parser::VerifyIdent,
      &Parser::VerifyHeader,
      &Parser::ReadProgramHeaders,
      &Parser::VerifyProgramHeaders,
      &Parser::VerifyOtherSegments,
      &Parser::ReadDynamic,
      &Parser::ReadStrings,
      &Parser::ReadNames,
      &Parser::ReadVersionNeeds,
      &Parser::ReadVersionDefinitions,
      &Parser::ReadGnuHash,
      &Parser::ReadSysvHash,
      &Parser::CountSymbols,
      &Parser::VerifySymbols,
      &Parser::VerifySymbolVersions,
      &Parser::VerifyCalls,
  };
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
  if (ehdr.e_type != ET_DYN && !(programs_ && ehdr.e_type == ET_EXEC)) {
    return Bad("e_type " + TypeName(ehdr.e_type), TypeName(ET_DYN));
  }
  if (ehdr.e_version != EV_CURRENT) {
    return Bad("e_version " + std::to_string(ehdr.e_version), "EV_CURRENT");
  }
  if (ehdr.e_phentsize != sizeof(Elf64_Phdr)) {
    return Bad("e_phentsize " + std::to_string(ehdr.e_phentsize),
               std::to_string(sizeof(Elf64_Phdr)));
  }
  // ld.so keeps them and what it makes of them on the stack.
  if (ehdr.e_phnum == 0 || ehdr.e_phnum > kMaxProgramHeaders) {
    return Bad("e_phnum " + std::to_string(ehdr.e_phnum),
               "1 to " + std::to_string(kMaxProgramHeaders));
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
  // Nothing at the end of a segment lies in none.
  if (count == 0) return WithoutEnd(count);
  // Where PT_DYNAMIC is writable ld.so turns its addresses into pointers.
  const Elf64_Phdr* segment = file_.LoadSegmentOf(found->p_vaddr, 1);
  if ((found->p_flags & PF_W) != 0 && (segment->p_flags & PF_W) == 0) {
    return Bad("writable PT_DYNAMIC in a read-only PT_LOAD", "a writable one");
  }
  // Older ld.so have a place on the stack for each entry.
  if (found->p_memsz > kMaxDynamicBytes) {
    return Bad("PT_DYNAMIC: p_memsz " + Hex(found->p_memsz),
               "at most " + Hex(kMaxDynamicBytes));
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto dyn =
        ReadAt<Elf64_Dyn>(file_.bytes_, *offset + i * sizeof(Elf64_Dyn));
    if (!dyn) break;
    if (dyn->d_tag == DT_NULL) return Status::Ok();
    file_.dynamic_.push_back(*dyn);
  }
  return WithoutEnd(count);
}

Status Parser::WithoutEnd(std::uint64_t count) const {
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
  file_.tables_.strings = {*offset, *size};
  file_.strings_ = file_.bytes_.subspan(*offset, *size);
  // With this, any offset below DT_STRSZ begins a string that ends within.
  if (file_.strings_.empty() || file_.strings_.back() != std::byte{0}) {
    return Bad("string table without NUL at its end", "a NUL");
  }
  return Status::Ok();
}

// A name, or each folder of a path, as ld.so splits it.
Status Parser::VerifyLength(std::string_view text, bool is_path,
                            const char* what) const {
  if (is_path && text.size() > kMaxPathBytes) {
    return Bad(
        std::string(what) + " of " + std::to_string(text.size()) + " bytes",
        "at most " + std::to_string(kMaxPathBytes));
  }
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end =
        is_path ? std::min(text.find(':', begin), text.size()) : text.size();
    if (end - begin > kMaxNameBytes) {
      return Bad(std::string(what) + " with a name of " +
                     std::to_string(end - begin) + " bytes",
                 "at most " + std::to_string(kMaxNameBytes));
    }
    begin = end + 1;
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
    // Names of libraries that ld.so would load, too.
    if (dyn.d_tag == DT_AUXILIARY) what = "DT_AUXILIARY";
    if (dyn.d_tag == DT_FILTER) what = "DT_FILTER";
    if (what == nullptr) continue;
    const auto text = file_.String(dyn.d_un.d_val, what);
    if (!text.ok()) return text.status();
    const bool is_path = dyn.d_tag == DT_RPATH || dyn.d_tag == DT_RUNPATH;
    if (Status status = VerifyLength(text.value(), is_path, what);
        !status.ok()) {
      return status;
    }
    if (dyn.d_tag == DT_NEEDED) {
      if (text.value().empty()) return Bad("empty DT_NEEDED", "a name");
      file_.needs_.push_back({text.value(),
                              file_.strings_offset_ + dyn.d_un.d_val,
                              file_.dynamic_offset_ + i * sizeof(Elf64_Dyn)});
    } else if (dyn.d_tag == DT_SONAME) {
      file_.soname_ = text.value();
    } else if (dyn.d_tag == DT_RPATH) {
      file_.rpath_ = text.value();
    } else if (dyn.d_tag == DT_RUNPATH) {
      file_.runpath_ = text.value();
    }
  }
  return Status::Ok();
}

Status Parser::VerifyCalls() {
  const ElfFile::CallTags kInit{"DT_INIT", DT_INIT, DT_INIT_ARRAY,
                                DT_INIT_ARRAYSZ};
  const ElfFile::CallTags kFini{"DT_FINI", DT_FINI, DT_FINI_ARRAY,
                                DT_FINI_ARRAYSZ};
  Status status = file_.CheckCalls(kInit);
  return status.ok() ? file_.CheckCalls(kFini) : status;
}

}  // namespace inmem::elf
