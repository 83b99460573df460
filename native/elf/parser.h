// native/elf/parser.h: the steps of ElfFile::Parse. Private to this layer.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "elf/elf_file.h"

namespace inmem::elf {

// Fills an ElfFile by Read -> Verify steps, each of which relies on those
// before it; see Run for the order.
class Parser {
 public:
  Parser(std::span<const std::byte> bytes, std::string_view label,
         std::uint16_t machine, bool programs);

  Status Run();
  ElfFile Take() { return std::move(file_); }

 private:
  Status ReadHeader();
  Status VerifyIdent();
  Status VerifyHeader();
  Status ReadProgramHeaders();
  Status VerifyProgramHeaders();
  Status VerifySegment(const Elf64_Phdr& phdr, const std::string& name);
  Status VerifyLoadSegment(const Elf64_Phdr& phdr, const Elf64_Phdr* last,
                           const std::string& name);
  Status VerifyOtherSegments();
  Status VerifyTls(const Elf64_Phdr& phdr, const std::string& name);
  Status VerifyPhdr(const Elf64_Phdr& phdr, const std::string& name);
  Status VerifyRelro(const Elf64_Phdr& phdr, const std::string& name);
  Status ReadDynamic();
  Status WithoutEnd(std::uint64_t count) const;
  Status ReadStrings();
  Status ReadNames();
  Status VerifyLength(std::string_view text, bool is_path,
                      const char* what) const;
  Status ReadVersionNeeds();
  Status ReadVernauxChain(const Elf64_Verneed& verneed, std::uint64_t address);
  Status ReadVersionDefinitions();
  Status ReadVersionDefinition(const Elf64_Verdef& verdef,
                               std::uint64_t address);
  Result<std::string_view> ReadDefinedName(const Elf64_Verdaux& aux,
                                           const Elf64_Verdef& verdef);
  Result<std::string_view> ReadVersionName(std::uint64_t offset,
                                           std::uint32_t hash,
                                           std::string_view field);
  Status ReadGnuHash();
  Status WalkGnuChain(std::uint64_t chains, std::uint32_t symoffset,
                      std::uint64_t symbol);
  Status ReadSysvHash();
  Status WalkSysvChains(std::uint64_t buckets, std::uint32_t nbucket,
                        std::uint32_t nchain);
  Status CountSymbols();
  Status VerifySymbols();
  Status VerifySymbolVersions();
  Status VerifyCalls();

  Status Bad(const std::string& found, const std::string& expected) const {
    return file_.Bad(found, expected);
  }
  Status WrongMachine(const std::string& found,
                      const std::string& expected) const;
  Status Outside(const std::string& name, const Elf64_Phdr& phdr,
                 const std::string& of) const;

  ElfFile file_;
  std::uint16_t machine_;
  bool programs_;
  bool has_tls_ = false;
  std::uint64_t records_left_ = 0;  // bounds chains whose records overlap
  std::uint16_t last_version_ = 0;
  std::optional<std::uint64_t> sysv_count_;
  std::uint64_t gnu_count_ = 0;
  bool gnu_has_chains_ = false;
};

// The hash of DT_HASH and of version records.
std::uint32_t SysvHash(std::string_view name);

}  // namespace inmem::elf
