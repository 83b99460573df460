// native/loader/offers.cc: copies that processes share.
#include "loader/offers.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>

#include "archive/codec.h"
#include "base/byte_reader.h"
#include "base/hash.h"
#include "os/errno_text.h"
#include "os/memfd.h"

namespace inmem::loader {

struct Offers::Record {
  std::uint64_t entry_hash;
  std::uint64_t size_bytes;
  std::uint64_t inode;
  std::uint32_t crc32;
  std::int32_t fd;
};

namespace {

constexpr std::string_view kMagic = "inmemSO1";
constexpr std::size_t kAncestors = 4;
constexpr std::size_t kIndexLimitBytes = 1U << 20;
constexpr std::size_t kEditsLimit = 64;

// "/proc/123/fd/4"
bool IsDescriptorPath(std::string_view path) {
  const auto number = [&path] {
    const auto end =
        std::min(path.find_first_not_of("0123456789"), path.size());
    path.remove_prefix(end);
    return end > 0;
  };
  const auto text = [&path](std::string_view expected) {
    if (!path.starts_with(expected)) return false;
    path.remove_prefix(expected.size());
    return true;
  };
  return text("/proc/") && number() && text("/fd/") && number() && path.empty();
}

std::string FolderOfDescriptors(std::string_view index) {
  return std::string(index.substr(0, index.rfind('/') + 1));
}

std::string ProcessOf(std::string_view index) {
  constexpr std::string_view kProc = "/proc/";
  const std::string_view rest = index.substr(kProc.size());
  return "process " + std::string(rest.substr(0, rest.find('/')));
}

// Another process's memory file; invalid, with errno, where it is none: opening
// what has taken the number since could wait, or act.
os::UniqueFd OpenMemfd(const std::string& path) {
  std::array<char, 16> link{};
  const ssize_t size = ::readlink(path.c_str(), link.data(), link.size());
  if (size < 0) return {};
  const std::string_view target(link.data(), static_cast<std::size_t>(size));
  if (!target.starts_with("/memfd:")) {
    errno = ENOENT;
    return {};
  }
  return os::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

std::optional<std::vector<std::byte>> ReadAll(int fd, std::uint64_t offset,
                                              std::size_t size) {
  std::vector<std::byte> bytes(size);
  const ssize_t got =
      ::pread(fd, bytes.data(), size, static_cast<off_t>(offset));
  if (got < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

void Append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
  const std::size_t at = to.size();
  to.resize(at + bytes.size());
  std::copy(bytes.begin(), bytes.end(), to.data() + at);
}

template <typename T>
  requires std::is_trivially_copyable_v<T>
std::span<const std::byte> BytesOf(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

// The edits of an offered copy, as a trailer tells them: places within an
// object of `size_bytes`, with the bytes that stood there; by place, disjoint.
std::optional<std::vector<elf::Edit>> ParseTrailer(
    std::span<const std::byte> trailer, std::uint64_t size_bytes) {
  ByteReader reader(trailer);
  if (reader.Chars(kMagic.size()) != kMagic) return std::nullopt;
  const std::uint64_t count = reader.U64();
  if (count > kEditsLimit) return std::nullopt;
  std::vector<elf::Edit> edits;
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t offset = reader.U64();
    const auto bytes = reader.Bytes(static_cast<std::size_t>(reader.U64()));
    if (!reader.ok() || offset < end || offset > size_bytes ||
        size_bytes - offset < bytes.size()) {
      return std::nullopt;
    }
    end = offset + bytes.size();
    edits.push_back({offset, {bytes.begin(), bytes.end()}});
  }
  if (!reader.ok()) return std::nullopt;
  return edits;
}

std::vector<elf::Edit> ByPlace(std::vector<elf::Edit> edits) {
  std::sort(edits.begin(), edits.end(),
            [](const elf::Edit& a, const elf::Edit& b) {
              return a.offset_bytes < b.offset_bytes;
            });
  return edits;
}

// Puts `originals` into the private view, and what was there in their place.
Status Undo(const os::FileView& view, std::vector<elf::Edit>& originals,
            const std::string& label) {
  for (elf::Edit& edit : originals) {
    const std::byte* place = view.bytes().data() + edit.offset_bytes;
    const auto begin = reinterpret_cast<std::uintptr_t>(place);
    const os::WritablePages pages(begin, begin + edit.bytes.size(), PROT_READ);
    if (Status status = pages.status(label); !status.ok()) return status;
    std::swap_ranges(edit.bytes.begin(), edit.bytes.end(),
                     const_cast<std::byte*>(place));
  }
  return Status::Ok();
}

std::uint64_t InodeOf(int fd, std::uint64_t* size_bytes = nullptr) {
  struct stat info = {};
  if (::fstat(fd, &info) != 0) return 0;
  if (size_bytes != nullptr) {
    *size_bytes = static_cast<std::uint64_t>(info.st_size);
  }
  return info.st_ino;
}

}  // namespace

void Offers::Begin(std::string_view inherited, Publish publish) {
  const std::lock_guard lock(mutex_);
  offers_ = inherited != "off";
  process_ = ::getpid();
  publish_ = std::move(publish);
  inherited_.clear();
  while (!inherited.empty()) {
    const std::string_view path = inherited.substr(0, inherited.find(':'));
    inherited.remove_prefix(std::min(path.size() + 1, inherited.size()));
    if (IsDescriptorPath(path) && inherited_.size() < kAncestors) {
      inherited_.emplace_back(path);
    }
  }
}

std::vector<Offers::Record> Offers::ReadIndex(const std::string& path,
                                              std::string& refusal) {
  std::vector<Record> records;
  const os::UniqueFd fd = OpenMemfd(path);
  if (!fd.valid()) {
    refusal = ProcessOf(path) + " offers nothing: " +
              (errno == ENOENT ? "it has ended" : os::ErrnoText(errno));
    return records;
  }
  std::uint64_t size = 0;
  InodeOf(fd.get(), &size);
  const auto bytes =
      ReadAll(fd.get(), 0, std::min<std::uint64_t>(size, kIndexLimitBytes));
  if (!bytes || bytes->size() < kMagic.size() ||
      AsChars(*bytes).substr(0, kMagic.size()) != kMagic) {
    refusal = ProcessOf(path) + " offers nothing: it is another one";
    return records;
  }
  records.resize((bytes->size() - kMagic.size()) / sizeof(Record));
  std::memcpy(records.data(), bytes->data() + kMagic.size(),
              records.size() * sizeof(Record));
  return records;
}

std::optional<Offered> Offers::Find(const OfferKey& key,
                                    std::string& refusal) const {
  const std::uint64_t hash = HashString(key.entry);
  for (const std::string& index : inherited_) {
    std::string why;
    for (const Record& record : ReadIndex(index, why)) {
      if (record.entry_hash != hash || record.size_bytes != key.size_bytes ||
          record.crc32 != key.crc32) {
        continue;
      }
      if (auto offered = Take(index, record, key)) return offered;
      why = "what " + ProcessOf(index) + " offers is not the object";
    }
    if (refusal.empty()) refusal = why;
  }
  return std::nullopt;
}

std::optional<Offered> Offers::Take(const std::string& index,
                                    const Record& record, const OfferKey& key) {
  Offered offered;
  offered.from = ProcessOf(index);
  offered.fd =
      OpenMemfd(FolderOfDescriptors(index) + std::to_string(record.fd));
  if (!offered.fd.valid() || !os::IsSealed(offered.fd.get())) {
    return std::nullopt;
  }
  std::uint64_t size = 0;
  const std::uint64_t at = TrailerOffset(key.size_bytes);
  if (InodeOf(offered.fd.get(), &size) != record.inode || size <= at ||
      size - at > kIndexLimitBytes) {
    return std::nullopt;
  }
  const auto trailer =
      ReadAll(offered.fd.get(), at, static_cast<std::size_t>(size - at));
  auto edits = trailer ? ParseTrailer(*trailer, key.size_bytes) : std::nullopt;
  if (!edits) return std::nullopt;
  const std::string label(key.entry);
  auto view = os::FileView::Map(offered.fd.get(), 0, key.size_bytes, label);
  if (!view.ok() || !Undo(view.value(), *edits, label).ok() ||
      archive::Crc32(view.value().bytes()) != key.crc32) {
    return std::nullopt;
  }
  offered.view = view.Take();
  offered.edits = *std::move(edits);
  return offered;
}

bool Offers::MayOpen(const Offered& offered) {
  const std::lock_guard lock(mutex_);
  return opened_.insert(InodeOf(offered.fd.get())).second;
}

bool Offers::MayAdd() const {
  const std::lock_guard lock(mutex_);
  if (!offers_ || process_ != ::getpid()) return false;
  // A quarter of what there may be, and none where that is few.
  constexpr rlim_t kFew = 256;
  rlimit limit = {};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= kFew &&
         count_ < limit.rlim_cur / 4;
}

std::vector<std::byte> Offers::Trailer(std::span<const std::byte> bytes,
                                       const std::vector<elf::Edit>& edits) {
  std::vector<std::byte> trailer;
  Append(trailer, AsBytes(kMagic));
  const std::uint64_t count = edits.size();
  Append(trailer, BytesOf(count));
  for (const elf::Edit& edit : ByPlace(edits)) {
    const std::uint64_t size = edit.bytes.size();
    Append(trailer, BytesOf(edit.offset_bytes));
    Append(trailer, BytesOf(size));
    Append(trailer, bytes.subspan(edit.offset_bytes, edit.bytes.size()));
  }
  return trailer;
}

bool Offers::MakeIndex() {
  if (index_.valid()) return true;
  auto made = os::CreateMemfd("inmem-python's offers");
  if (!made.ok()) return false;
  index_ = made.Take();
  if (!os::WriteAll(index_.get(), 0, AsBytes(kMagic), "the index").ok()) {
    return false;
  }
  std::string value = "/proc/" + std::to_string(process_) + "/fd/" +
                      std::to_string(index_.get());
  for (const std::string& path : inherited_) value += ":" + path;
  if (publish_) publish_(value);
  return true;
}

void Offers::Add(const OfferKey& key, int fd) {
  const std::lock_guard lock(mutex_);
  if (!MakeIndex()) {
    offers_ = false;
    return;
  }
  const Record record{HashString(key.entry), key.size_bytes, InodeOf(fd),
                      key.crc32, fd};
  // Not there: it is not found.
  (void)os::WriteAll(index_.get(), kMagic.size() + count_ * sizeof(Record),
                     BytesOf(record), "the index");
  ++count_;
}

}  // namespace inmem::loader
