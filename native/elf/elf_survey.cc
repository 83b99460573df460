// native/elf/elf_survey.cc: what this layer says of shared objects, a line of
// JSON each; the tests over real wheels read it.
//
// usage: elf_survey MACHINE FILE...   MACHINE is x86_64 or aarch64
// Exit status 1 where a file is refused, or its own definitions are not found.
#include <chrono>
#include <concepts>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "elf/elf_file.h"
#include "elf/map_plan.h"
#include "elf/outline_plan.h"
#include "elf/symbol_table.h"

namespace inmem::elf {
namespace {

using Clock = std::chrono::steady_clock;

long long MicrosecondsSince(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() -
                                                               start)
      .count();
}

std::string Hexed(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", std::to_integer<int>(byte));
    text += digits;
  }
  return text;
}

// One line of JSON.
class Line {
 public:
  explicit Line(std::string_view path) { Add("path", path); }

  // Quotes and controls do not occur in good files, so they are dropped.
  Line& Add(std::string_view name, std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
      if (c != '"' && c != '\\' && static_cast<unsigned char>(c) >= ' ') {
        quoted += c;
      }
    }
    return AddRaw(name, quoted + '"');
  }
  template <std::integral T>
  Line& Add(std::string_view name, T value) {
    if constexpr (std::is_same_v<T, bool>) {
      return AddRaw(name, value ? "true" : "false");
    } else {
      return AddRaw(name, std::to_string(value));
    }
  }

  void Print() const { std::printf("{%s}\n", text_.c_str()); }

 private:
  Line& AddRaw(std::string_view name, const std::string& value) {
    if (!text_.empty()) text_ += ',';
    text_ += '"';
    text_ += name;
    text_ += "\":";
    text_ += value;
    return *this;
  }

  std::string text_;
};

template <typename Range>
std::uint64_t Sum(const std::vector<Range>& ranges) {
  std::uint64_t bytes = 0;
  for (const Range& range : ranges) bytes += range.size_bytes;
  return bytes;
}

std::uint64_t CountConstructors(const ElfFile& file) {
  const auto found = file.constructors();
  return found.array_count + (found.init ? 1 : 0);
}

// Definitions that Find, asked by their own references, finds under their name.
struct Found {
  std::uint64_t asked = 0;
  std::uint64_t found = 0;
};

Found FindOwn(const ElfFile& file) {
  const SymbolTable table(file);
  Found result;
  const auto count = static_cast<std::uint32_t>(file.SymbolCount());
  for (std::uint32_t i = 1; i < count; ++i) {
    const Elf64_Sym sym = table.At(i);
    const std::uint8_t visibility = ELF64_ST_VISIBILITY(sym.st_other);
    if (sym.st_shndx == SHN_UNDEF || ELF64_ST_BIND(sym.st_info) == STB_LOCAL ||
        visibility == STV_HIDDEN || visibility == STV_INTERNAL) {
      continue;
    }
    // Without a value ld.so does not take it for a definition (Rust's
    // metadata).
    if (sym.st_value == 0 && sym.st_shndx != SHN_ABS &&
        ELF64_ST_TYPE(sym.st_info) != STT_TLS) {
      continue;
    }
    ++result.asked;
    const Elf64_Sym* found = table.Find(table.ReferenceOf(i));
    if (found != nullptr) ++result.found;
  }
  return result;
}

bool Survey(const char* path, std::uint16_t machine) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> chars{std::istreambuf_iterator<char>(stream), {}};
  const auto bytes = std::as_bytes(std::span(chars));
  auto start = Clock::now();
  const auto parsed = ElfFile::Parse(bytes, path, machine);
  const long long parse_us = MicrosecondsSince(start);
  if (!parsed.ok()) {
    Line(path).Add("error", parsed.status().message()).Print();
    return false;
  }
  const ElfFile& file = parsed.value();
  start = Clock::now();
  const auto counts = file.CheckRelocations();
  const long long relocations_us = MicrosecondsSince(start);
  if (!counts.ok()) {
    Line(path).Add("error", counts.status().message()).Print();
    return false;
  }
  start = Clock::now();
  const Found own = FindOwn(file);
  const long long find_us = MicrosecondsSince(start);
  const MapDecision decision = PlanMapping(file, counts.value(), 0x1000);
  Line line(path);
  line.Add("soname", file.soname());
  line.Add("needs", file.needs().size());
  line.Add("symbols", file.SymbolCount());
  line.Add("relative", counts.value().relative);
  line.Add("relr", counts.value().relr);
  line.Add("symbolic", counts.value().symbolic);
  line.Add("tls", counts.value().tls);
  line.Add("irelative", counts.value().irelative);
  line.Add("text", counts.value().text);
  line.Add("versionNeeds", file.version_needs().size());
  line.Add("versionDefinitions", file.version_definitions().size());
  line.Add("constructors", CountConstructors(file));
  line.Add("bindNow", file.bind_now());
  line.Add("executableStack", file.executable_stack());
  line.Add("tlsBytes", file.TlsSegment() ? file.TlsSegment()->p_memsz : 0);
  line.Add("relro", file.relro().has_value());
  line.Add("buildId", Hexed(file.build_id()));
  line.Add("asked", own.asked);
  line.Add("found", own.found);
  line.Add("bytes", bytes.size());
  line.Add("copied", decision.plan ? Sum(decision.plan->copied) : 0);
  line.Add("mapped", decision.plan ? Sum(decision.plan->mapped) : 0);
  line.Add("refusal", decision.refusal);
  line.Add("relocator", decision.plan
                            ? PlanOutline(file, counts.value(), 0x1000).refusal
                            : decision.refusal);
  line.Add("parseUs", parse_us);
  line.Add("relocationsUs", relocations_us);
  line.Add("findUs", find_us);
  line.Print();
  return own.found == own.asked;
}

}  // namespace
}  // namespace inmem::elf

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: elf_survey x86_64|aarch64 FILE...\n", stderr);
    return 2;
  }
  const std::string_view name = argv[1];
  const std::uint16_t machine = name == "aarch64" ? EM_AARCH64 : EM_X86_64;
  bool good = true;
  for (int i = 2; i < argc; ++i) {
    good = inmem::elf::Survey(argv[i], machine) && good;
  }
  return good ? 0 : 1;
}
