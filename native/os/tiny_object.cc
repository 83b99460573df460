// native/os/tiny_object.cc: the smallest shared object that can be loaded.
#include "os/tiny_object.h"

#include <elf.h>

#include <array>
#include <cstddef>
#include <cstring>

namespace inmem::os {
namespace {

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
constexpr std::uint32_t kStaticTlsOffset = R_X86_64_TPOFF64;
constexpr std::array<unsigned char, 8> kCode = {
    0xb8, kTinyAnswer, 0, 0, 0, 0xc3, 0xcc, 0xcc};  // mov $42, %eax; ret
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
constexpr std::uint32_t kStaticTlsOffset = R_AARCH64_TLS_TPREL;
constexpr std::array<unsigned char, 8> kCode = {
    0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};  // mov w0, #42; ret
#else
#error "no code for this processor"
#endif

// A multiple of every page size in use: the file is mapped twice, once to run
// and once to write.
constexpr std::uint64_t kAlign = 0x10000;

constexpr char kNames[] = "\0inmem_probe";

// The whole file. What lies in `written` is the writable segment.
struct File {
  Elf64_Ehdr header;
  Elf64_Phdr segments[5];
  Elf64_Sym symbols[2];
  std::uint32_t hash[6];
  Elf64_Rela relocation;
  char names[16];
  std::array<unsigned char, 8> code;
  struct {
    Elf64_Dyn dynamic[12];
    std::uint64_t tls_offset;
  } written;
};
static_assert(sizeof kNames <= sizeof File::names);

constexpr std::uint64_t kWritten = offsetof(File, written);

Elf64_Ehdr Header() {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = kMachine;
  header.e_version = EV_CURRENT;
  header.e_phoff = offsetof(File, segments);
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 5;
  header.e_shentsize = sizeof(Elf64_Shdr);
  return header;
}

Elf64_Phdr Segment(std::uint32_t type, std::uint32_t flags,
                   std::uint64_t offset, std::uint64_t address,
                   std::uint64_t size_bytes, std::uint64_t align) {
  Elf64_Phdr segment = {};
  segment.p_type = type;
  segment.p_flags = flags;
  segment.p_offset = offset;
  segment.p_vaddr = segment.p_paddr = address;
  segment.p_filesz = segment.p_memsz = size_bytes;
  segment.p_align = align;
  return segment;
}

Elf64_Dyn Dynamic(std::int64_t tag, std::uint64_t value) {
  Elf64_Dyn entry = {};
  entry.d_tag = tag;
  entry.d_un.d_val = value;
  return entry;
}

void FillSegments(File& file, std::uint64_t static_tls_bytes) {
  file.segments[0] = Segment(PT_LOAD, PF_R | PF_X, 0, 0, kWritten, kAlign);
  file.segments[1] = Segment(PT_LOAD, PF_R | PF_W, kWritten, kAlign + kWritten,
                             sizeof file.written, kAlign);
  file.segments[2] = Segment(PT_DYNAMIC, PF_R | PF_W, kWritten,
                             kAlign + kWritten, sizeof file.written.dynamic, 8);
  // Without it the linker would make all stacks executable.
  file.segments[3] = Segment(PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 16);
  if (static_tls_bytes == 0) return;  // the fifth stays PT_NULL
  file.segments[4] = Segment(PT_TLS, PF_R, kWritten, kAlign + kWritten, 0, 16);
  file.segments[4].p_memsz = static_tls_bytes;
}

void FillDynamic(File& file, std::uint64_t static_tls_bytes) {
  Elf64_Dyn* next = file.written.dynamic;
  *next++ = Dynamic(DT_HASH, offsetof(File, hash));
  *next++ = Dynamic(DT_SYMTAB, offsetof(File, symbols));
  *next++ = Dynamic(DT_SYMENT, sizeof(Elf64_Sym));
  *next++ = Dynamic(DT_STRTAB, offsetof(File, names));
  *next++ = Dynamic(DT_STRSZ, sizeof kNames);
  if (static_tls_bytes == 0) return;
  *next++ = Dynamic(DT_RELA, offsetof(File, relocation));
  *next++ = Dynamic(DT_RELASZ, sizeof(Elf64_Rela));
  *next++ = Dynamic(DT_RELAENT, sizeof(Elf64_Rela));
  *next++ = Dynamic(DT_FLAGS, DF_STATIC_TLS);
  file.relocation.r_offset =
      kAlign + kWritten + offsetof(decltype(file.written), tls_offset);
  file.relocation.r_info = ELF64_R_INFO(0, kStaticTlsOffset);
}

}  // namespace

std::string TinyObject(std::uint64_t static_tls_bytes) {
  File file = {};
  file.header = Header();
  FillSegments(file, static_tls_bytes);
  FillDynamic(file, static_tls_bytes);
  file.symbols[1].st_name = 1;
  file.symbols[1].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
  file.symbols[1].st_shndx = 1;
  file.symbols[1].st_value = offsetof(File, code);
  file.symbols[1].st_size = sizeof kCode;
  // One bucket, two symbols: the chain from bucket 0 is symbol 1 alone.
  file.hash[0] = 1;
  file.hash[1] = 2;
  file.hash[2] = 1;
  std::memcpy(file.names, kNames, sizeof kNames);
  file.code = kCode;
  return {reinterpret_cast<const char*>(&file), sizeof file};
}

}  // namespace inmem::os
