// native/archive/zip_builder.cc: makes archives for tests, good and bad ones.
#include "archive/zip_builder.h"

#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "archive/codec.h"
#include "base/byte_reader.h"
#include "base/checked.h"

namespace inmem::archive::testing {
namespace {

constexpr std::uint64_t kNone16 = 0xFFFF;
constexpr std::uint64_t kNone32 = 0xFFFFFFFF;

std::string Le(std::uint64_t value, int size_bytes) {
  std::string out;
  for (int i = 0; i < size_bytes; ++i) {
    out += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  return out;
}

std::string Pack(const ZipEntry& entry) {
  if (entry.packed) return *entry.packed;
  std::string out;
  switch (entry.method) {
    case 8:
      out = Deflate(entry.data);
      break;
    case 93:
      out = Zstd(entry.data);
      break;
    default:
      out = entry.data;
  }
  return out + entry.packed_suffix;
}

// What an entry's headers say.
struct Fields {
  std::uint32_t crc;
  std::uint64_t compressed_size;
  std::uint64_t size;
  std::uint64_t offset;
};

std::string LocalHeader(const ZipEntry& entry, const Fields& fields) {
  const std::string name = entry.local_name.value_or(entry.name);
  const bool later = entry.data_descriptor;
  std::string extra = entry.local_extra;
  if (entry.zip64) {
    extra = Le16(1) + Le16(16) + Le64(later ? 0 : fields.size) +
            Le64(later ? 0 : fields.compressed_size) + extra;
  }
  const auto size32 = [&](std::uint64_t size) {
    return Le32(entry.zip64 ? kNone32 : later ? 0 : size);
  };
  return Le32(entry.local_signature.value_or(0x04034b50)) + Le16(20) +
         Le16(entry.flags | (later ? 8u : 0u)) +
         Le16(entry.local_method.value_or(entry.method)) +
         Le32(entry.dos_time) + Le32(later ? 0 : fields.crc) +
         size32(fields.compressed_size) + size32(fields.size) +
         Le16(name.size()) + Le16(extra.size()) + name + extra;
}

std::string DirectoryRecord(const ZipEntry& entry, const Fields& fields) {
  std::string extra = entry.extra;
  if (entry.zip64) {
    const std::string values = entry.zip64_extra.value_or(
        Le64(fields.size) + Le64(fields.compressed_size) + Le64(fields.offset));
    extra += Le16(1) + Le16(values.size()) + values;
  }
  const auto wide = [&](std::uint64_t value) {
    return Le32(entry.zip64 ? kNone32 : value);
  };
  return Le32(entry.record_signature.value_or(0x02014b50)) +
         Le16(entry.made_by) + Le16(20) +
         Le16(entry.flags | (entry.data_descriptor ? 8u : 0u)) +
         Le16(entry.method) + Le32(entry.dos_time) + Le32(fields.crc) +
         wide(fields.compressed_size) + wide(fields.size) +
         Le16(entry.name.size()) + Le16(extra.size()) +
         Le16(entry.comment.size()) + Le16(entry.disk) + Le16(0) +
         Le32(entry.external_attributes) + wide(fields.offset) + entry.name +
         extra + entry.comment;
}

std::string EndRecords(const ZipOptions& options, std::uint64_t real_count,
                       std::uint64_t real_size, std::uint64_t real_offset) {
  const std::uint64_t count = options.count.value_or(real_count);
  const std::uint64_t size = options.directory_size.value_or(real_size);
  const std::uint64_t offset = options.directory_offset.value_or(real_offset);
  std::string out;
  if (options.zip64) {
    const std::uint64_t count64 = options.zip64_count.value_or(real_count);
    out += Le32(options.zip64_signature.value_or(0x06064b50)) +
           Le64(options.zip64_record_size.value_or(
               44 + options.zip64_extensible.size())) +
           Le16(45) + Le16(45) + Le32(0) + Le32(0) + Le64(count64) +
           Le64(count64) +
           Le64(options.zip64_directory_size.value_or(real_size)) +
           Le64(options.zip64_directory_offset.value_or(real_offset)) +
           options.zip64_extensible;
    if (options.zip64_locator) {
      out +=
          Le32(0x07064b50) + Le32(0) +
          Le64(options.zip64_record_offset.value_or(real_offset + real_size)) +
          Le32(options.zip64_disks.value_or(1));
    }
  }
  const bool wide = options.zip64;
  out += Le32(0x06054b50) + Le16(options.disk.value_or(0)) + Le16(0) +
         Le16(wide && !options.count ? kNone16
                                     : options.count_on_disk.value_or(count)) +
         Le16(wide && !options.count ? kNone16 : count) +
         Le32(wide && !options.directory_size ? kNone32 : size) +
         Le32(wide && !options.directory_offset ? kNone32 : offset) +
         Le16(options.comment.size()) + options.comment;
  return out;
}

}  // namespace

std::string Le16(std::uint64_t value) { return Le(value, 2); }
std::string Le32(std::uint64_t value) { return Le(value, 4); }
std::string Le64(std::uint64_t value) { return Le(value, 8); }

std::string Deflate(std::string_view data) {
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)>
      compressor(libdeflate_alloc_compressor(6), libdeflate_free_compressor);
  std::string out(
      libdeflate_deflate_compress_bound(compressor.get(), data.size()), '\0');
  out.resize(libdeflate_deflate_compress(compressor.get(), data.data(),
                                         data.size(), out.data(), out.size()));
  return out;
}

std::string Zstd(std::string_view data, bool with_content_size) {
  const std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context(
      ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag,
                         with_content_size ? 1 : 0);
  std::string out(ZSTD_compressBound(data.size()), '\0');
  out.resize(ZSTD_compress2(context.get(), out.data(), out.size(), data.data(),
                            data.size()));
  return out;
}

std::string BuildZip(const std::vector<ZipEntry>& entries,
                     const ZipOptions& options) {
  std::string out = options.prefix;
  const std::uint64_t base =
      options.prefix_in_offsets ? 0 : options.prefix.size();
  std::vector<std::string> records;
  for (const ZipEntry& entry : entries) {
    const std::string packed = Pack(entry);
    out += entry.gap;
    const Fields fields = {
        .crc = entry.crc.value_or(Crc32(AsBytes(entry.data))),
        .compressed_size = entry.compressed_size.value_or(packed.size()),
        .size = entry.size.value_or(entry.data.size()),
        .offset = entry.offset.value_or(out.size() - base)};
    out += LocalHeader(entry, fields) + packed;
    if (entry.data_descriptor) {
      const int wide = entry.zip64 ? 8 : 4;
      out += Le32(0x08074b50) + Le32(fields.crc) +
             Le(fields.compressed_size, wide) + Le(fields.size, wide);
    }
    if (entry.in_directory) records.push_back(DirectoryRecord(entry, fields));
  }
  const std::uint64_t directory_offset = out.size() - base;
  std::string directory;
  for (std::size_t i = 0; i < records.size(); ++i) {
    directory += records[options.order.empty() ? i : options.order[i]];
  }
  out += directory + options.before_end;
  out +=
      EndRecords(options, records.size(), directory.size(), directory_offset);
  return out + options.suffix;
}

std::string BuildManyEntries(std::size_t count) {
  std::vector<ZipEntry> entries(count);
  for (std::size_t i = 0; i < count; ++i) {
    entries[i].name = "site/pkg_" + std::to_string(i / 50) + "/module_" +
                      std::to_string(i) + ".py";
    entries[i].data = "x = " + std::to_string(i) + "\n";
  }
  ZipOptions options;
  options.zip64 = count >= kNone16;
  return BuildZip(entries, options);
}

std::shared_ptr<const ByteSource> InMemory(std::string bytes,
                                           std::string name) {
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return std::make_shared<MemorySource>(std::move(name), AsBytes(*owner),
                                        owner);
}

Status ReadOnlySource::ReadAt(std::uint64_t offset_bytes,
                              std::span<std::byte> out) const {
  const bool cut = reads++ >= reads_until_cut;
  largest_read_bytes = std::max(largest_read_bytes, out.size());
  if (!RangeFits(offset_bytes, out.size(), cut ? cut_bytes : bytes_.size())) {
    return {ErrorCode::kFileChanged, name_ + ": shorter"};
  }
  if (!out.empty()) {
    std::memcpy(out.data(), bytes_.data() + offset_bytes, out.size());
  }
  return Status::Ok();
}

ZipEntry Good(std::string name) {
  return {.name = std::move(name), .data = "good data"};
}

std::string WithEntry(const ZipEntry& entry) {
  return BuildZip({Good(), entry, Good("last")});
}

}  // namespace inmem::archive::testing
