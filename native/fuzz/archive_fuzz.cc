// native/fuzz/archive_fuzz.cc: the archive layer over any bytes.
#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "archive/archive.h"
#include "base/checked.h"
#include "require.h"
#include "targets.h"

namespace {

using inmem::Result;
using inmem::Status;
using inmem::archive::Archive;
using inmem::archive::Bytes;
using inmem::archive::ByteSource;
using inmem::archive::Entry;
using inmem::archive::MemorySource;
using inmem::fuzz::Require;
using inmem::fuzz::RequireError;

// Entries up to this size are read; a declared deflate bomb would only make
// the fuzzer slow.
constexpr std::uint64_t kMaxReadBytes = 1 << 22;

// The same bytes by ReadAt alone, as a file has them.
class CopySource final : public ByteSource {
 public:
  explicit CopySource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  const std::string& name() const override { return name_; }
  std::uint64_t size_bytes() const override { return bytes_.size(); }
  Status ReadAt(std::uint64_t offset_bytes,
                std::span<std::byte> out) const override {
    // Checked sizes never ask for what is not there.
    Require(inmem::RangeFits(offset_bytes, out.size(), bytes_.size()));
    if (!out.empty()) {
      std::memcpy(out.data(), bytes_.data() + offset_bytes, out.size());
    }
    return Status::Ok();
  }

 private:
  std::span<const std::byte> bytes_;
  std::string name_ = "fuzz";
};

void CheckEntry(const Archive& memory, const Archive& file,
                Archive::Index index) {
  const Entry entry = memory.entry(index);
  Require(entry.name == file.entry(index).name && !entry.name.empty());
  Require(memory.Find(entry.name) == index);
  Require(memory.FindPath(entry.name) == index);
  if (entry.size_bytes > kMaxReadBytes && entry.size_bytes < std::uint64_t{1}
                                                                 << 40) {
    return;
  }
  const Result<Bytes> from_memory = memory.Read(index);
  const Result<Bytes> from_file = file.Read(index);
  Require(file.Test(index).ok() == from_file.ok());
  Require(from_memory.status().code() == from_file.status().code());
  if (!from_memory.ok()) {
    RequireError(from_memory.status());
    RequireError(from_file.status());
    return;
  }
  const auto a = from_memory.value().span();
  const auto b = from_file.value().span();
  Require(a.size() == entry.size_bytes);
  Require(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

}  // namespace

int FuzzArchive(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto memory =
      Archive::Open(std::make_shared<MemorySource>("fuzz", bytes));
  const auto file = Archive::Open(std::make_shared<CopySource>(bytes));
  Require(memory.status().code() == file.status().code());
  if (!memory.ok()) {
    RequireError(memory.status());
    RequireError(file.status());
    return 0;
  }
  const Archive& archive = *memory.value();
  Require(archive.entry_count() == file.value()->entry_count());
  Require(archive.fingerprint() == file.value()->fingerprint());
  const auto count = static_cast<Archive::Index>(archive.entry_count());
  for (Archive::Index i = 0; i < count; ++i) {
    CheckEntry(archive, *file.value(), i);
  }
  Require(!archive.Find(""));
  return 0;
}
