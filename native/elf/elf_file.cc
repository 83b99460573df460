// native/elf/elf_file.cc: what a parsed file answers; what it has called.
#include "elf/elf_file.h"

#include "elf/names.h"
#include "elf/parser.h"

namespace inmem::elf {

Result<ElfFile> ElfFile::Parse(std::span<const std::byte> bytes,
                               std::string_view label, std::uint16_t machine,
                               bool programs) {
  Parser parser(bytes, label, machine, programs);
  if (Status status = parser.Run(); !status.ok()) return status;
  return parser.Take();
}

Status ElfFile::Bad(const std::string& found,
                    const std::string& expected) const {
  return {ErrorCode::kBadElf,
          label_ + ": " + found + " (expected " + expected + ")"};
}

std::optional<std::uint64_t> ElfFile::Value(std::int64_t tag) const {
  std::optional<std::uint64_t> value;
  for (const Elf64_Dyn& dyn : dynamic_) {
    if (dyn.d_tag == tag) value = dyn.d_un.d_val;
  }
  return value;
}

Result<std::string_view> ElfFile::String(std::uint64_t offset,
                                         std::string_view what) const {
  if (offset >= strings_.size()) {
    return Bad(std::string(what) + " at offset " + Hex(offset) +
                   " of the string table",
               "below DT_STRSZ " + Hex(strings_.size()));
  }
  // ReadStrings has made sure that a NUL follows.
  return std::string_view(reinterpret_cast<const char*>(strings_.data()) +
                          offset);
}

// What ld.so calls: it takes the size for granted where there is an array.
Status ElfFile::CheckCalls(const CallTags& tags) const {
  if (const auto call = Value(tags.call); call) {
    if (LoadSegmentOf(*call, 1, PF_X) == nullptr) {
      return Bad(std::string(tags.name) + " " + Hex(*call),
                 "within an executable PT_LOAD");
    }
  }
  const auto array = Value(tags.array);
  if (!array) return Status::Ok();
  const std::string name = std::string(tags.name) + "_ARRAY";
  const auto size = Value(tags.array_size);
  if (!size) return Bad(name + " without " + name + "SZ", "one");
  if (*size % sizeof(Elf64_Addr) != 0) {
    return Bad(name + "SZ " + Hex(*size), "a multiple of 8");
  }
  if (*size > 0 && LoadSegmentOf(*array, *size) == nullptr) {
    return Bad(name + " " + Hex(*array) + " + " + name + "SZ " + Hex(*size),
               "within the memory part of one PT_LOAD");
  }
  return Status::Ok();
}

Constructors ElfFile::constructors() const {
  Constructors found;
  found.init = Value(DT_INIT);
  if (const auto array = Value(DT_INIT_ARRAY)) {
    found.array = *array;
    found.array_count = Value(DT_INIT_ARRAYSZ).value_or(0) / sizeof(Elf64_Addr);
  }
  return found;
}

bool ElfFile::bind_now() const {
  return Value(DT_BIND_NOW).has_value() || (flags() & DF_BIND_NOW) != 0 ||
         (flags_1() & DF_1_NOW) != 0;
}

}  // namespace inmem::elf
