// native/archive/archive_bench.cc: time to open an archive and to look up.
//
// archive_bench [entries...]: for each count it writes an archive to /tmp,
// opens it through pread as the addon does, and prints medians.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "archive/zip_builder.h"

namespace inmem::archive {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin)
      .count();
}

class PreadSource final : public ByteSource {
 public:
  explicit PreadSource(const std::string& path)
      : name_(path), descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info = {};
    if (fstat(descriptor_, &info) == 0) {
      size_bytes_ = static_cast<std::uint64_t>(info.st_size);
    }
  }
  ~PreadSource() override { close(descriptor_); }

  const std::string& name() const override { return name_; }
  std::uint64_t size_bytes() const override { return size_bytes_; }
  Status ReadAt(std::uint64_t offset_bytes,
                std::span<std::byte> out) const override {
    const ssize_t got = pread(descriptor_, out.data(), out.size(),
                              static_cast<off_t>(offset_bytes));
    if (got == static_cast<ssize_t>(out.size())) return Status::Ok();
    return {ErrorCode::kUnreadable, name_};
  }

 private:
  std::string name_;
  int descriptor_;
  std::uint64_t size_bytes_ = 0;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Run(std::size_t count) {
  std::string path = "/tmp/archive_bench.XXXXXX";
  const int descriptor = mkstemp(path.data());
  const std::string bytes = testing::BuildManyEntries(count);
  if (write(descriptor, bytes.data(), bytes.size()) !=
      static_cast<ssize_t>(bytes.size())) {
    std::perror(path.c_str());
    std::exit(1);
  }
  close(descriptor);
  constexpr int kRounds = 31;
  std::vector<double> opens;
  std::shared_ptr<const Archive> archive;
  for (int round = 0; round < kRounds; ++round) {
    archive.reset();
    const auto begin = Clock::now();
    archive = Archive::Open(std::make_shared<PreadSource>(path)).Take();
    opens.push_back(MillisecondsSince(begin));
  }
  const double first = opens.front();  // with the page faults of new memory
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t shuffled = i * 2654435761u % count;
    names.emplace_back(
        archive->entry_name(static_cast<Archive::Index>(shuffled)));
  }
  std::vector<double> finds;
  std::vector<double> misses;
  std::size_t found = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto begin = Clock::now();
    for (const std::string& name : names) found += archive->Find(name) ? 1 : 0;
    finds.push_back(MillisecondsSince(begin) * 1e6 /
                    static_cast<double>(count));
    begin = Clock::now();
    for (std::string& name : names) {
      name.back() ^= 1;
      found += archive->Find(name) ? 1 : 0;
      name.back() ^= 1;
    }
    misses.push_back(MillisecondsSince(begin) * 1e6 /
                     static_cast<double>(count));
  }
  if (found != count * kRounds) std::exit(1);
  const auto begin = Clock::now();
  const auto fingerprint = archive->fingerprint();
  const double hashed = MillisecondsSince(begin);
  std::printf(
      "%8zu entries: open %7.3f ms (first %7.3f), found %6.1f ns, missed %6.1f "
      "ns, fingerprint %.3f ms (%016llx)\n",
      count, Median(opens), first, Median(finds), Median(misses), hashed,
      static_cast<unsigned long long>(fingerprint));  // NOLINT
  unlink(path.c_str());
}

}  // namespace
}  // namespace inmem::archive

int main(int argc, char** argv) {
  if (argc == 1) {
    for (const std::size_t count : {100u, 1000u, 10000u, 100000u}) {
      inmem::archive::Run(count);
    }
  }
  for (int i = 1; i < argc; ++i) {
    inmem::archive::Run(std::strtoull(argv[i], nullptr, 10));
  }
  return 0;
}
