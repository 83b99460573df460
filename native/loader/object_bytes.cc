// native/loader/object_bytes.cc: an object's bytes, as far as they must be
// read.
#include "loader/object_bytes.h"

#include <array>
#include <utility>

namespace inmem::loader {
namespace {

using Wish = TierChoice::Wish;

Tier TierOf(Wish wish) {
  switch (wish) {
    case Wish::kTmpfs:
      return Tier::kTmpfs;
    case Wish::kExtract:
      return Tier::kExtract;
    default:
      return Tier::kMemfd;
  }
}

// Why the entry cannot be mapped, by what is known without reading it; ""
// where nothing speaks against it.
std::string RefusalToMap(const archive::Archive& archive,
                         const archive::Entry& entry) {
  // What is mapped can be changed after it was looked at.
  if (archive.has_check()) return "the bundle's contents are verified";
  if (archive.source().descriptor() < 0) return "the bundle is not a file";
  if (entry.method != archive::Method::kStored || entry.encrypted) {
    return "the entry is compressed";
  }
  if (entry.size_bytes == 0) return "the entry is empty";
  return "";
}

// Whether the file still has the entry's last byte: reading what is not there
// through a mapping would be SIGBUS. A file that is cut later is the user's
// fault, as with any library on disk.
Status CheckLength(const archive::ByteSource& source, std::uint64_t end) {
  std::array<std::byte, 1> last{};
  return source.ReadAt(end - 1, last);
}

// Views the entry and plans its mapping; on refusal says why in `reason` and
// leaves no view.
Status TryToMap(const archive::Archive& archive, archive::Archive::Index index,
                const std::string& label, ObjectBytes& bytes) {
  const archive::Entry entry = archive.entry(index);
  bytes.reason = RefusalToMap(archive, entry);
  if (!bytes.reason.empty()) return Status::Ok();
  const auto offset = archive.DataOffset(index);
  if (!offset.ok()) return offset.status();
  if (offset.value() % os::PageSize() != 0) {
    bytes.reason = "the entry is not page-aligned";
    return Status::Ok();
  }
  const std::uint64_t end = offset.value() + entry.size_bytes;
  const int fd = archive.source().descriptor();
  if (!os::MayExecuteFrom(fd)) {
    bytes.reason = "the host lets no code be mapped from the bundle's file";
    return Status::Ok();
  }
  os::FileView view;
  std::span<const std::byte> part;
  auto bundle = os::WholeView(fd, end);
  if (bundle) {
    part = bundle->bytes().subspan(offset.value(), entry.size_bytes);
  } else {
    if (Status status = CheckLength(archive.source(), end); !status.ok()) {
      return status;
    }
    auto own = os::FileView::Map(fd, offset.value(), entry.size_bytes, label);
    if (!own.ok()) {
      bytes.reason = own.status().message();
      return Status::Ok();
    }
    view = own.Take();
    part = view.bytes();
  }
  auto file = elf::ElfFile::Parse(part, label);
  if (!file.ok()) return file.status();
  const auto relocations = file.value().CheckRelocations();
  if (!relocations.ok()) return relocations.status();
  auto decision =
      elf::PlanMapping(file.value(), relocations.value(), os::PageSize());
  if (!decision.plan) {
    bytes.reason = decision.refusal;
    return Status::Ok();
  }
  bytes.tier = Tier::kMapped;
  bytes.reason = "stored and page-aligned in a file";
  auto outline =
      elf::PlanOutline(file.value(), relocations.value(), os::PageSize());
  bytes.outline = std::move(outline.plan);
  if (!bytes.outline) {
    bytes.reason += "; relocated by the dynamic linker: " + outline.refusal;
  }
  bytes.view = std::move(view);
  bytes.bundle = std::move(bundle);
  bytes.part = part;
  bytes.file = file.Take();
  bytes.relocations = relocations.value();
  bytes.plan = *std::move(decision.plan);
  bytes.fd = fd;
  bytes.offset_bytes = offset.value();
  return Status::Ok();
}

// Uses another process's copy, if there is one.
void TakeOffered(const archive::Entry& entry, const Offers& offers,
                 ObjectBytes& bytes) {
  if (entry.size_bytes == 0 || entry.encrypted) return;
  std::string refusal;
  bytes.offered =
      offers.Find({entry.name, entry.size_bytes, entry.crc32}, refusal);
  if (bytes.offered) {
    bytes.view = std::move(bytes.offered->view);
  } else if (!refusal.empty()) {
    bytes.reason += "; " + refusal;
  }
}

}  // namespace

Result<ObjectBytes> ReadObject(const vfs::Mount& mount,
                               archive::Archive::Index index,
                               const TierChoice& choice,
                               const std::string& label, const Offers* offers) {
  const archive::Archive& archive = mount.archive();
  ObjectBytes bytes;
  bytes.tier = TierOf(choice.wish);
  bytes.reason = "asked for";
  if (choice.pin) {
    bytes.reason = "a sealed copy was asked for";
  } else if (choice.wish == Wish::kAuto || choice.wish == Wish::kMapped) {
    if (Status status = TryToMap(archive, index, label, bytes); !status.ok()) {
      return status;
    }
  }
  if (bytes.tier == Tier::kMapped) return bytes;
  // Another process's copy is not what was verified here.
  if (offers != nullptr && bytes.tier == Tier::kMemfd && !archive.has_check()) {
    TakeOffered(archive.entry(index), *offers, bytes);
  }
  if (!bytes.offered) {
    auto read = archive.Read(index);
    if (!read.ok()) return read.status();
    bytes.read = read.Take();
  }
  auto file = elf::ElfFile::Parse(bytes.span(), label);
  if (!file.ok()) return file.status();
  bytes.file = file.Take();
  const auto relocations = bytes.file->CheckRelocations();
  if (!relocations.ok()) return relocations.status();
  bytes.relocations = relocations.value();
  return bytes;
}

}  // namespace inmem::loader
