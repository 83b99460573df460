// native/archive/archive.cc: a zip or zip64 archive, indexed by name.
#include "archive/archive.h"

#include <atomic>
#include <utility>

#include "archive/central_directory.h"
#include "archive/directory_end.h"
#include "archive/dos_time.h"
#include "archive/entry_reader.h"
#include "archive/message.h"
#include "base/hash.h"

namespace inmem::archive {

Bytes Bytes::Borrow(std::span<const std::byte> view) {
  Bytes bytes;
  bytes.view_ = view;
  return bytes;
}

Bytes Bytes::Own(std::unique_ptr<std::byte[]> data, std::size_t size_bytes,
                 std::size_t offset_bytes) {
  Bytes bytes;
  bytes.view_ = {data.get() + offset_bytes, size_bytes};
  bytes.owned_ = std::move(data);
  return bytes;
}

struct Archive::Impl {
  std::shared_ptr<const ByteSource> source;
  std::shared_ptr<const CentralDirectory> directory;
  DirectoryEnd end;
  std::shared_ptr<const ContentCheck> check;           // null: none
  mutable std::atomic<std::uint64_t> fingerprint = 0;  // 0: not made yet
};

Archive::Archive(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Archive::~Archive() = default;

Result<std::shared_ptr<const Archive>> Archive::Open(
    std::shared_ptr<const ByteSource> source) {
  const Result<DirectoryEnd> end = FindDirectoryEnd(*source);
  if (!end.ok()) return end.status();
  auto directory = CentralDirectory::Open(*source, end.value());
  if (!directory.ok()) return directory.status();
  auto impl = std::make_unique<Impl>();
  impl->source = std::move(source);
  impl->directory = directory.Take();
  impl->end = end.value();
  return std::shared_ptr<const Archive>(new Archive(std::move(impl)));
}

std::shared_ptr<const Archive> Archive::WithCheck(
    std::shared_ptr<const ContentCheck> check) const {
  auto impl = std::make_unique<Impl>();
  impl->source = impl_->source;
  impl->directory = impl_->directory;
  impl->end = impl_->end;
  impl->check = std::move(check);
  return std::shared_ptr<const Archive>(new Archive(std::move(impl)));
}

bool Archive::has_check() const { return impl_->check != nullptr; }

std::string_view Archive::content_identity(Index index) const {
  return has_check() ? impl_->check->Identity(index) : std::string_view();
}

const ByteSource& Archive::source() const { return *impl_->source; }

std::size_t Archive::entry_count() const { return impl_->directory->count(); }

std::string_view Archive::entry_name(Index index) const {
  return impl_->directory->name(index);
}

Entry Archive::entry(Index index) const {
  const Record record = impl_->directory->record(index);
  Entry entry;
  entry.name = record.name;
  entry.size_bytes = record.size_bytes;
  entry.compressed_size_bytes = record.compressed_size_bytes;
  entry.local_header_offset_bytes = impl_->directory->LocalHeader(index);
  entry.crc32 = record.crc32;
  entry.dos_time = record.dos_time;
  entry.unix_mode = record.unix_mode;
  entry.method = static_cast<Method>(record.method);
  entry.encrypted = IsEncrypted(record);
  return entry;
}

Extent Archive::extent() const {
  Extent extent;
  extent.source_size_bytes = impl_->source->size_bytes();
  extent.directory_offset_bytes = impl_->end.directory_offset_bytes;
  extent.directory_size_bytes = impl_->end.directory_size_bytes;
  extent.shift_bytes = impl_->end.prefix_size_bytes;
  extent.zip64 = impl_->end.zip64;
  extent.in_order = impl_->directory->ordered();
  return extent;
}

std::span<const std::byte> Archive::records(Index end) const {
  return impl_->directory->RecordsBefore(end);
}

bool Archive::has_symlinks() const { return impl_->directory->has_symlinks(); }

std::int64_t Archive::ModifiedTime(Index index) const {
  const auto stamp = impl_->directory->ExtendedTime(index);
  return stamp ? *stamp
               : UnixTimeOfDos(impl_->directory->record(index).dos_time);
}

std::optional<Archive::Index> Archive::Find(std::string_view name) const {
  const auto index = impl_->directory->Find(name);
  if (!index || impl_->directory->name(*index) != name) return std::nullopt;
  return index;
}

std::optional<Archive::Index> Archive::FindPath(std::string_view path) const {
  return impl_->directory->Find(path);
}

// Made at the first call: opening has no need of it. Two threads that come at
// once make the same value.
std::uint64_t Archive::fingerprint() const {
  std::uint64_t value = impl_->fingerprint.load(std::memory_order_relaxed);
  if (value == 0) {
    value = HashBytes(impl_->directory->bytes()) | 1;
    impl_->fingerprint.store(value, std::memory_order_relaxed);
  }
  return value;
}

Result<std::uint64_t> Archive::DataOffset(Index index) const {
  return EntryReader(*impl_->source, *impl_->directory, index).DataOffset();
}

Status Archive::CheckPlace(Index index) const {
  return EntryReader(*impl_->source, *impl_->directory, index).CheckPlace();
}

Status Archive::Unreadable(Index index, const Status& why) const {
  const Status told = OfEntry(why, name(), entry_name(index));
  return impl_->check ? impl_->check->Unreadable(told) : told;
}

Status Archive::Check(Index index, std::span<const std::byte> content) const {
  if (impl_->check == nullptr) return Status::Ok();
  return impl_->check->Check(index, entry_name(index), content);
}

Result<Bytes> Archive::Read(Index index) const {
  const EntryReader reader(*impl_->source, *impl_->directory, index);
  auto bytes = reader.Read();
  if (!bytes.ok()) return Unreadable(index, bytes.status());
  Status status = Check(index, bytes.value().span());
  if (!status.ok()) return status;
  return bytes;
}

Status Archive::ReadInto(Index index, std::span<std::byte> out) const {
  const EntryReader reader(*impl_->source, *impl_->directory, index);
  const Status status = reader.ReadInto(out);
  if (!status.ok()) return Unreadable(index, status);
  return Check(index, out);
}

Status Archive::Test(Index index) const {
  const EntryReader reader(*impl_->source, *impl_->directory, index);
  std::unique_ptr<ContentCheck::Pieces> pieces;
  if (impl_->check) pieces = impl_->check->InPieces(index, entry_name(index));
  const Status status =
      reader.ReadPieces([&](std::span<const std::byte> piece) {
        if (pieces) pieces->Add(piece);
      });
  if (!status.ok()) return Unreadable(index, status);
  return pieces ? pieces->End() : Status::Ok();
}

}  // namespace inmem::archive
