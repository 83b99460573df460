// native/loader/outline.cc: an object that ld.so knows by its outline, and what
// is put over that.
#include "loader/outline.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "loader/copy_runs.h"
#include "os/mapping.h"
#include "os/memfd.h"

namespace inmem::loader {
namespace {

bool IsWithin(const elf::Edit& edit, const elf::FileRange& range) {
  return edit.offset_bytes >= range.offset_bytes &&
         edit.offset_bytes - range.offset_bytes + edit.bytes.size() <=
             range.size_bytes;
}

// [begin, end): addresses in the file part of the load.
Status MapFile(const ObjectBytes& bytes, const elf::OutlineLoad& load,
               std::uint64_t begin, std::uint64_t end, std::uintptr_t base,
               const std::string& label) {
  if (begin >= end) return Status::Ok();
  return os::MapOver(
      base + begin, bytes.fd,
      bytes.offset_bytes + load.offset_bytes + (begin - load.address),
      end - begin, load.protection, label);
}

Status MapLoad(const ObjectBytes& bytes, const elf::OutlineLoad& load,
               std::uintptr_t base, const std::string& label) {
  const elf::OutlinePlan& plan = *bytes.outline;
  const std::uint64_t begin = load.address;
  const std::uint64_t end = begin + load.file_bytes;
  Status status =
      MapFile(bytes, load, begin, std::min(end, plan.kept_begin), base, label);
  if (status.ok()) {
    status =
        MapFile(bytes, load, std::max(begin, plan.kept_end), end, base, label);
  }
  if (!status.ok()) return status;
  // The outline has them.
  const bool is_kept = load.zeros_address >= plan.kept_begin &&
                       load.zeros_address < plan.kept_end;
  if (load.zeros_address != 0 && !is_kept) {
    std::memset(os::PointerTo(base + load.zeros_address), 0,
                end - load.zeros_address);
  }
  if (load.memory_bytes == load.file_bytes) return Status::Ok();
  return os::MapZeros(base + end, load.memory_bytes - load.file_bytes,
                      load.protection, label);
}

Status EditLoad(const elf::OutlineLoad& load,
                const std::vector<elf::Edit>& edits, const elf::FileRange& kept,
                std::uintptr_t image, const std::string& label) {
  for (const elf::Edit& edit : edits) {
    if (!IsWithin(edit, load.file) || IsWithin(edit, kept)) continue;
    const std::uintptr_t at = image + load.shift + edit.offset_bytes;
    if ((load.protection & PROT_WRITE) != 0) {
      std::memcpy(os::PointerTo(at), edit.bytes.data(), edit.bytes.size());
      continue;
    }
    const os::WritablePages pages(at, at + edit.bytes.size(), load.protection);
    if (Status status = pages.status(label); !status.ok()) return status;
    std::memcpy(os::PointerTo(at), edit.bytes.data(), edit.bytes.size());
  }
  return Status::Ok();
}

// Only the tags were changed for ld.so. Each page gets written to, so that it
// is this process's own and the file below it can go.
void RestoreTable(const ObjectBytes& bytes, std::uintptr_t base) {
  const elf::OutlinePlan& plan = *bytes.outline;
  const auto& dynamic = bytes.file->dynamic();
  for (std::size_t i = 0; i < dynamic.size(); ++i) {
    if (!elf::IsLeftToUs(dynamic[i])) continue;
    std::memcpy(
        os::PointerTo(base + plan.dynamic_address + i * sizeof dynamic[i]),
        &dynamic[i].d_tag, sizeof dynamic[i].d_tag);
  }
  for (std::uintptr_t page = base + plan.kept_begin;
       page < base + plan.kept_end; page += os::PageSize()) {
    auto* first = static_cast<volatile char*>(os::PointerTo(page));
    *first = *first;
  }
}

}  // namespace

Result<std::uint64_t> WriteOutline(int fd, const ObjectBytes& bytes,
                                   const std::vector<elf::Edit>& edits,
                                   const std::string& label) {
  // All of it is there, before it is filled, for whom ld.so sends to look.
  if (Status status = os::SetSize(fd, bytes.outline->size_bytes, label);
      !status.ok()) {
    return status;
  }
  std::uint64_t copied = 0;
  for (const elf::OutlineLoad& load : bytes.outline->loads) {
    if (load.copied.empty()) continue;
    std::vector<elf::Edit> own;
    for (const std::vector<elf::Edit>* some : {&edits, &bytes.outline->edits}) {
      for (const elf::Edit& edit : *some) {
        if (IsWithin(edit, load.file)) own.push_back(edit);
      }
    }
    for (const Run& run : RunsOf(bytes.span(), load.copied, own)) {
      Status status =
          os::WriteAll(fd, run.offset_bytes + load.shift, run.pieces, label);
      if (!status.ok()) return status;
      for (const auto& piece : run.pieces) copied += piece.size();
    }
  }
  return copied;
}

Result<std::uint64_t> FillOutline(int fd, const ObjectBytes& bytes,
                                  const std::vector<elf::Edit>& edits,
                                  std::uintptr_t base,
                                  const std::string& label) {
  const elf::OutlinePlan& plan = *bytes.outline;
  RestoreTable(bytes, base);
  std::uint64_t mapped = 0;
  std::uint64_t end = plan.begin_address;
  for (const elf::OutlineLoad& load : plan.loads) {
    Status status;
    // As ld.so leaves gaps.
    if (load.address > end) {
      status = os::MapZeros(base + end, load.address - end, PROT_NONE, label);
    }
    end = load.address + load.memory_bytes;
    if (status.ok()) status = MapLoad(bytes, load, base, label);
    if (status.ok()) {
      status = EditLoad(load, edits, plan.kept_file, base + plan.begin_address,
                        label);
    }
    if (!status.ok()) return status;
    if ((load.protection & PROT_WRITE) == 0) mapped += load.file_bytes;
  }
  // Where that is not possible the pages stay: memory, and nothing else.
  (void)::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                    static_cast<off_t>(plan.size_bytes));
  if (Status status = os::Seal(fd, label); !status.ok()) return status;
  return mapped;
}

}  // namespace inmem::loader
