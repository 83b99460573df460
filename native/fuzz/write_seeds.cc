// native/fuzz/write_seeds.cc: seeds and kept findings as files, for libFuzzer.
//
// usage: write_seeds FOLDER     makes FOLDER/archive, FOLDER/elf and
//                            FOLDER/trust
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "corpus.h"
#include "seeds.h"

namespace {

void Write(const std::filesystem::path& folder, const std::string& name,
           const std::string& bytes) {
  std::filesystem::create_directories(folder);
  std::ofstream stream(folder / name, std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void WriteAll(const std::filesystem::path& folder, const std::string& target,
              const std::vector<std::string>& seeds) {
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    Write(folder / target, "seed-" + std::to_string(i), seeds[i]);
  }
  for (const auto& finding : inmem::fuzz::KeptFindings(target)) {
    Write(folder / target, "kept-" + finding.name, finding.bytes);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  WriteAll(argv[1], "archive", inmem::fuzz::ArchiveSeeds());
  WriteAll(argv[1], "elf", inmem::fuzz::ElfSeeds());
  WriteAll(argv[1], "trust", inmem::fuzz::TrustSeeds());
  return 0;
}
