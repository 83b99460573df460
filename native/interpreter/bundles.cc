// native/interpreter/bundles.cc: the archives of runs, mounted.
#include "interpreter/bundles.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/archive.h"
#include "archive/byte_source.h"
#include "base/status.h"
#include "importer/state.h"
#include "interpreter/inheritance.h"
#include "interpreter/job.h"
#include "interpreter/read_ahead.h"
#include "interpreter/verification.h"
#include "os/file_source.h"
#include "os/fork_mutex.h"
#include "os/memory_file.h"

// The stdlib archive, in the addon's read-only data (stdlib_archive.S).
extern "C" const std::byte inmem_stdlib_begin[];
extern "C" const std::byte inmem_stdlib_end[];

namespace inmem::interpreter {

using archive::Archive;
using importer::State;

namespace {

// Guards `mounted()` and the number of buffers: Python code mounts, too, on any
// thread.
os::ForkMutex& MountsMutex() {
  static auto* mutex = new os::ForkMutex();
  return *mutex;
}

}  // namespace

struct Bundles::Mounted {
  std::string point;
  importer::MountId id = 0;
  bool is_file = false;  // at the mount point itself
  int descriptor = -1;   // of what has no path of its own; -1: there is none
  os::FileIdentity identity;      // of a file
  std::uint64_t fingerprint = 0;  // of a buffer: of its central directory
  std::uint64_t size_bytes = 0;
  std::optional<Verification> verification;          // that it passed
  std::shared_ptr<const std::atomic<bool>> changed;  // since then

  // Whether it will do for a run with `wanted`, as far as trust goes.
  bool IsAsGood(const std::optional<Verification>& wanted) const {
    return verification == wanted && (changed == nullptr || !*changed) &&
           (!wanted || !wanted->full);
  }
};

std::vector<Bundles::Mounted>& Bundles::mounted() {
  static auto* list = new std::vector<Mounted>();
  return *list;
}

auto Bundles::FindMounted(std::string_view point)
    -> std::vector<Mounted>::iterator {
  return std::ranges::find(mounted(), point, &Mounted::point);
}

namespace {

// What is mounted now must pass; guarded by MountsMutex().
std::optional<Verification>& Wanted() {
  static auto* wanted = new std::optional<Verification>();
  return *wanted;
}

// The parent holds the bundle in memory alone.
Status NotInherited(const Bundle& bundle, const Status& why) {
  std::string message = bundle.path + ": a bundle in the memory of the parent";
  if (bundle.file.empty()) {
    message += ", where no memory file could be made of it for its children";
  } else {
    message += ", which cannot be opened (" + why.message() +
               "): the parent must run until its child has started, as the "
               "same user";
  }
  return {why.code(), message + "; run the bundle from a file instead"};
}

}  // namespace

Result<Bundles::Mounted> Bundles::MountFile(const Bundle& bundle) {
  Mounted made;
  made.point = bundle.path;
  made.is_file = !bundle.of_parent;
  auto source = os::OpenFileSource(made.is_file ? bundle.path : bundle.file,
                                   &made.identity);
  if (!source.ok()) {
    return made.is_file ? source.status()
                        : NotInherited(bundle, source.status());
  }
  auto same = FindMounted(bundle.path);
  if (same != mounted().end()) {
    if (same->identity == made.identity && same->IsAsGood(Wanted())) {
      return *same;
    }
    State::Get().Unmount(same->id);
    mounted().erase(same);
  }
  auto archive = TakeReadAhead(bundle.path, made.identity);
  if (archive == nullptr) {
    auto opened = Archive::Open(source.Take());
    if (!opened.ok()) return opened.status();
    archive = opened.Take();
  }
  made.descriptor = archive->source().descriptor();
  Status status = MountArchive(std::move(archive), &made);
  if (!status.ok()) return status;
  return made;
}

Status Bundles::MountArchive(std::shared_ptr<const Archive> archive,
                             Mounted* made) {
  made->verification = Wanted();
  if (made->verification) {
    auto verified = VerifyArchive(*archive, *made->verification);
    if (!verified.ok()) return verified.status();
    archive = std::move(verified.value().archive);
    made->changed = std::move(verified.value().changed);
  }
  auto id = State::Get().Mount(made->point, std::move(archive));
  if (!id.ok()) return id.status();
  made->id = id.value();
  mounted().push_back(*made);
  return Status::Ok();
}

Result<Bundles::Mounted> Bundles::MountBuffer(const Bundle& bundle) {
  Mounted made;
  static int buffers = 0;
  made.point = INMEM_BUFFER_ROOT "/" + std::to_string(buffers + 1);
  const std::string name =
      '/' + (bundle.path.empty() ? "bundle.zip" : bundle.path);
  made.point += name;
  auto source = std::make_shared<archive::MemorySource>(
      made.point, *bundle.bytes, bundle.owner);
  made.size_bytes = source->size_bytes();
  made.descriptor = bundle.descriptor;
  auto opened = Archive::Open(std::move(source));
  if (!opened.ok()) return opened.status();
  made.fingerprint = opened.value()->fingerprint();
  for (const Mounted& other : mounted()) {
    // Under another name it is another bundle, as two equal files are two.
    if (!other.is_file && other.point.ends_with(name) &&
        other.fingerprint == made.fingerprint &&
        other.size_bytes == made.size_bytes && other.IsAsGood(Wanted())) {
      // With verification: what is mounted is signed itself, each content of it
      // is checked, and what is the same in it is the same in this one.
      return other;
    }
  }
  Status status = MountArchive(opened.Take(), &made);
  if (!status.ok()) return status;
  ++buffers;
  return made;
}

Result<std::vector<std::string>> Bundles::Mount(
    const std::vector<Bundle>& bundles,
    const std::optional<Verification>& verification) {
  {
    const std::lock_guard lock(MountsMutex());
    Wanted() = verification;
  }
  std::vector<std::string> points;
  for (const Bundle& bundle : bundles) {
    if (bundle.is_folder) {
      if (verification) {
        return Status(
            ErrorCode::kUnsigned,
            bundle.path + ": a folder (expected a bundle that is signed)");
      }
      points.push_back(bundle.path);
      continue;
    }
    auto point = MountOne(bundle);
    if (!point.ok()) return point.status();
    points.push_back(point.Take());
  }
  return points;
}

std::vector<InheritedBundle> Bundles::Inherited(
    const std::vector<std::string>& points) {
  const std::lock_guard lock(MountsMutex());
  std::vector<InheritedBundle> inherited;
  for (const std::string& point : points) {
    auto mount = FindMounted(point);
    const bool in_memory = mount != mounted().end() && !mount->is_file;
    inherited.push_back(
        {.point = point,
         .in_memory = in_memory,
         .descriptor = mount != mounted().end() ? mount->descriptor : -1});
  }
  return inherited;
}

Result<std::string> Bundles::MountOne(const Bundle& bundle) {
  const std::lock_guard lock(MountsMutex());
  auto made = bundle.bytes ? MountBuffer(bundle) : MountFile(bundle);
  if (!made.ok()) return made.status();
  return std::string(made.value().point);
}

bool Bundles::Unmount(std::string_view point) {
  const std::lock_guard lock(MountsMutex());
  auto found = FindMounted(point);
  if (found == mounted().end()) return false;
  State::Get().Unmount(found->id);
  mounted().erase(found);
  return true;
}

bool Bundles::IsCurrent(std::string_view point) {
  const std::lock_guard lock(MountsMutex());
  auto found = FindMounted(point);
  if (found == mounted().end()) return false;
  if (!found->is_file) return true;
  os::FileIdentity now;
  auto source = os::OpenFileSource(found->point, &now);
  return source.ok() && now == found->identity;
}

void Bundles::Keep(const std::vector<std::string>& points) {
  const std::lock_guard lock(MountsMutex());
  std::erase_if(mounted(), [&](const Mounted& mount) {
    if (std::ranges::find(points, mount.point) != points.end()) return false;
    State::Get().Unmount(mount.id);
    return true;
  });
}

void HoldCopy(std::span<const std::byte> bytes, Bundle* bundle) {
  auto file = os::MemoryFile::Copy(
      bytes, bundle->path.empty() ? "bundle.zip" : bundle->path);
  if (file.ok()) {
    bundle->bytes = file.value()->bytes();
    bundle->descriptor = file.value()->descriptor();
    bundle->owner = file.Take();
    return;
  }
  // The host refuses it: children will say so.
  auto copy =
      std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
  bundle->bytes = std::span<const std::byte>(*copy);
  bundle->owner = std::move(copy);
}

Status MountStdlib() {
  static const Status mounted = [] {
    std::span<const std::byte> bytes(inmem_stdlib_begin, inmem_stdlib_end);
    auto archive = Archive::Open(
        std::make_shared<archive::MemorySource>(INMEM_STDLIB_POINT, bytes));
    if (!archive.ok()) return archive.status();
    return State::Get().Mount(INMEM_STDLIB_POINT, archive.Take()).status();
  }();
  return mounted;
}

}  // namespace inmem::interpreter
