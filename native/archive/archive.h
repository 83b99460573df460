// native/archive/archive.h: a zip or zip64 archive, indexed by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/byte_source.h"
#include "base/status.h"

namespace inmem::archive {

enum class Method : std::uint16_t { kStored = 0, kDeflate = 8, kZstd = 93 };

// One central directory record, checked.
struct Entry {
  std::string_view name;  // UTF-8, '/'-separated, no leading '/'; a folder
                          // ends with '/'. Borrows from the Archive.
  std::uint64_t size_bytes = 0;
  std::uint64_t compressed_size_bytes = 0;
  std::uint64_t local_header_offset_bytes = 0;  // from the source's start
  std::uint32_t crc32 = 0;
  std::uint32_t dos_time = 0;   // MS-DOS date << 16 | time
  std::uint32_t unix_mode = 0;  // 0 where the archive does not say
  // As declared: may hold a value without an enumerator, which Read refuses.
  Method method = Method::kStored;
  bool encrypted = false;  // Read refuses it
  bool is_directory() const { return name.ends_with('/'); }
  bool is_symlink() const { return (unix_mode & 0170000) == 0120000; }
};

// An entry's bytes: either borrowed from the source or owned here.
class Bytes {
 public:
  Bytes() = default;
  static Bytes Borrow(std::span<const std::byte> view);
  // The `size_bytes` bytes that stand `offset_bytes` into `data`.
  static Bytes Own(std::unique_ptr<std::byte[]> data, std::size_t size_bytes,
                   std::size_t offset_bytes = 0);
  std::span<const std::byte> span() const { return view_; }
  bool owned() const { return owned_ != nullptr; }

 private:
  std::unique_ptr<std::byte[]> owned_;
  std::span<const std::byte> view_;
};

// Where an archive's parts lie in its source.
struct Extent {
  std::uint64_t source_size_bytes = 0;
  std::uint64_t directory_offset_bytes = 0;
  std::uint64_t directory_size_bytes = 0;
  // Added to each offset that the archive declares.
  std::uint64_t shift_bytes = 0;
  bool zip64 = false;     // it has zip64's end records
  bool in_order = false;  // the entries lie in the directory's order
};

// What each content that an Archive gives out is held against (trust/).
// Threads: members are called concurrently.
class ContentCheck {
 public:
  ContentCheck() = default;
  ContentCheck(const ContentCheck&) = delete;
  ContentCheck& operator=(const ContentCheck&) = delete;
  virtual ~ContentCheck() = default;

  // `content`: all of entry `index`, in the memory from which it will be used.
  // An error keeps it from being given out.
  virtual Status Check(std::uint32_t index, std::string_view name,
                       std::span<const std::byte> content) const = 0;
  // The same of a content that nobody is to use, as it comes piece by piece.
  class Pieces {
   public:
    Pieces() = default;
    Pieces(const Pieces&) = delete;
    Pieces& operator=(const Pieces&) = delete;
    virtual ~Pieces() = default;
    virtual void Add(std::span<const std::byte> piece) = 0;
    virtual Status End() = 0;
  };
  virtual std::unique_ptr<Pieces> InPieces(std::uint32_t index,
                                           std::string_view name) const = 0;
  // Stands for the one content of entry `index` that Check passes: no other
  // content has the same, of whatever archive. Not empty; borrows from *this.
  virtual std::string_view Identity(std::uint32_t index) const = 0;
  // The entry could not be read: what is told of it.
  virtual Status Unreadable(const Status& why) const = 0;
};

// Threads: after Open, const members may be called concurrently.
class Archive {
 public:
  using Index = std::uint32_t;

  // Reads and checks the end of central directory and every record of the
  // central directory; entries' local headers and data are checked when read,
  // and so are encryption, method and sizes that no archive of this length
  // could hold: they spoil one entry and not the others.
  // A name occurs once; "a" and "a/" are one name.
  // Prefixed zips (#! zipapps, self-extractors) are accepted: offsets are
  // corrected by the length of what stands before.
  // Errors: kNotZip, kBadDirectory, kBadZip64, kMultiDisk, kOverlap,
  // kDuplicate, kBadName, kTooLarge, and the source's own.
  static Result<std::shared_ptr<const Archive>> Open(
      std::shared_ptr<const ByteSource> source);

  // The same archive, whose Read and ReadInto give out nothing but what `check`
  // has seen and passed, each time. No entry of it may be mapped.
  std::shared_ptr<const Archive> WithCheck(
      std::shared_ptr<const ContentCheck> check) const;
  bool has_check() const;
  // The check's Identity of the entry; "" without a check. What was made of a
  // content that nobody checked is not for those who have it checked: names,
  // sizes and CRC-32 can be forged. Borrows from *this.
  std::string_view content_identity(Index index) const;

  const ByteSource& source() const;
  const std::string& name() const { return source().name(); }
  std::size_t entry_count() const;
  // Entries in the directory's order. REQUIRES: index < entry_count().
  Entry entry(Index index) const;
  std::string_view entry_name(Index index) const;  // borrows from *this

  Extent extent() const;
  // The bytes of the entries' records in the central directory, from the first
  // one up to that of `end`. REQUIRES: end <= entry_count().
  std::span<const std::byte> records(Index end) const;

  // Whether any entry is a symbolic link, by its Unix mode.
  bool has_symlinks() const;

  // When the entry was written: the extended timestamp of Info-ZIP where the
  // directory has one (UTC), else the MS-DOS time, which zip tools write and
  // read as local time. Seconds since 1970.
  std::int64_t ModifiedTime(Index index) const;

  // O(1), case-sensitive, exact.
  std::optional<Index> Find(std::string_view name) const;

  // The entry `path`, or the folder entry `path` + '/': one archive cannot
  // have both.
  std::optional<Index> FindPath(std::string_view path) const;

  // A 64-bit hash over the raw central directory: equal directories have
  // equal names, sizes and CRCs. Not cryptographic: it tells rebuilt from
  // unchanged, and nothing about who built it.
  std::uint64_t fingerprint() const;

  // Where the entry's (possibly compressed) data begins in the source; checks
  // the local header.
  // Errors: kBadLocalHeader, kOverlap, kTooLarge, and the source's own.
  Result<std::uint64_t> DataOffset(Index index) const;

  // Whether the entry's local header says what the central directory says, and
  // its header and data fill the place up to the next entry: no byte of the
  // archive is nobody's.
  // Errors: kBadLocalHeader, kOverlap, and the source's own.
  Status CheckPlace(Index index) const;

  // The entry's bytes, inflated if needed, CRC-32 checked. Borrowed where the
  // source is memory and the entry is stored (then valid as long as *this).
  // A declared size is held against what the compressed bytes can stand for
  // before memory is allocated for it.
  // Errors: kBadLocalHeader, kOverlap, kEncrypted, kUnsupportedMethod,
  // kBadData, kBadCrc, kTooLarge, the source's own, and the check's.
  Result<Bytes> Read(Index index) const;

  // The same into `out`, for those who have a place for it: one copy fewer.
  // REQUIRES: out.size() == entry(index).size_bytes. `out` is unspecified on
  // error.
  Status ReadInto(Index index, std::span<std::byte> out) const;

  // Whether Read would give the entry: nothing is kept of it. Contents that are
  // stored or zstd data are read piece by piece, whatever their size; deflate
  // data is read as a whole. Errors: Read's.
  Status Test(Index index) const;

  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

 private:
  struct Impl;
  explicit Archive(std::unique_ptr<Impl> impl);
  Status Unreadable(Index index, const Status& why) const;
  Status Check(Index index, std::span<const std::byte> content) const;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inmem::archive
