// native/fuzz/corpus.cc: inputs that once broke a promise, kept as hex text.
#include "corpus.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace inmem::fuzz {
namespace {

std::string FromHex(std::ifstream& stream) {
  std::string bytes;
  std::string line;
  while (std::getline(stream, line)) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string place;
    std::string digits;
    if (!(words >> place >> digits)) continue;
    if (place == "size") {
      bytes.resize(std::stoul(digits));
      continue;
    }
    std::size_t at = std::stoul(place, nullptr, 16);
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
      bytes.at(at++) =
          static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
  }
  return bytes;
}

}  // namespace

std::vector<Finding> KeptFindings(std::string_view target) {
  const auto folder = std::filesystem::path(INMEM_FUZZ_CORPUS) / target;
  std::vector<Finding> findings;
  if (!std::filesystem::exists(folder)) return findings;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".hex") continue;
    std::ifstream stream(entry.path());
    findings.push_back({entry.path().stem().string(), FromHex(stream)});
  }
  return findings;
}

}  // namespace inmem::fuzz
