// native/elf/parser.h: the steps of ElfFile::Parse. Private to this layer.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "elf/elf_file.h"

namespace inmem::elf {

// Fills an ElfFile by Read -> Verify steps, each of which relies on those
// before it; see Run for the order.
class Parser {
 public:
  Parser(std::span<const std::byte> bytes, std::string_view label,
         std::uint16_t machine);

  Status Run();
  ElfFile Take() { return std::move(file_); }

 private:
  Status ReadHeader();
  Status VerifyIdent();
  Status VerifyHeader();
  Status ReadProgramHeaders();
  Status VerifyProgramHeaders();
  Status VerifyLoadSegment(const Elf64_Phdr& phdr, std::size_t index);
  Status ReadDynamic();
  Status ReadStrings();
  Status ReadNames();
  Status ReadVersionNeeds();
  Status ReadVernauxChain(const Elf64_Verneed& verneed, std::uint64_t address);

  Status Bad(const std::string& found, const std::string& expected) const {
    return file_.Bad(found, expected);
  }
  Status WrongMachine(const std::string& found,
                      const std::string& expected) const;

  ElfFile file_;
  std::uint16_t machine_;
  std::uint64_t vernaux_left_ = 0;  // bounds chains whose records overlap
};

}  // namespace inmem::elf
