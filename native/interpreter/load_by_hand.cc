// native/interpreter/load_by_hand.cc: a shared object that JavaScript asks for.
#include "interpreter/load_by_hand.h"

#include <dlfcn.h>

#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "archive/archive.h"
#include "archive/byte_source.h"
#include "importer/state.h"
#include "os/file_source.h"
#include "vfs/tree.h"

namespace inmem::interpreter {
namespace {

using MountPointer = std::shared_ptr<const vfs::Mount>;

// Beside the tree of mounts, whose points belong to runs.
struct Kept {
  std::mutex mutex;
  std::unordered_map<std::string, std::pair<os::FileIdentity, MountPointer>>
      files;
  int buffers = 0;
};

Kept& TheKept() {
  static auto* kept = new Kept();
  return *kept;
}

Result<MountPointer> MountOf(
    std::string point, std::shared_ptr<const archive::ByteSource> source) {
  auto opened = archive::Archive::Open(std::move(source));
  if (!opened.ok()) return opened.status();
  return MountPointer(
      std::make_shared<vfs::Mount>(std::move(point), opened.Take()));
}

Result<MountPointer> Find(const Bundle& archive) {
  Kept& kept = TheKept();
  const std::lock_guard lock(kept.mutex);
  if (archive.bytes) {
    std::string point = INMEM_BUFFER_ROOT "/by-hand-";
    point += std::to_string(++kept.buffers) + "/" +
             (archive.path.empty() ? "archive.zip" : archive.path);
    return MountOf(point, std::make_shared<archive::MemorySource>(
                              point, *archive.bytes, archive.owner));
  }
  const auto mounted = importer::State::Get().tree().Locate(archive.path);
  if (mounted && mounted->name.empty()) return mounted->mount;
  os::FileIdentity identity;
  auto source = os::OpenFileSource(archive.path, &identity);
  if (!source.ok()) return source.status();
  auto& [known_identity, known] = kept.files[archive.path];
  if (known && known_identity == identity) return known;
  auto mount = MountOf(archive.path, source.Take());
  if (mount.ok()) {
    known_identity = identity;
    known = mount.value();
  }
  return mount;
}

}  // namespace

Result<void*> LoadByHand(const Bundle& archive, const std::string& entry,
                         int flags) {
  auto mount = Find(archive);
  if (!mount.ok()) return mount.status();
  loader::Loader::Options options;
  options.flags = RTLD_NOW | flags;
  return importer::State::Get().loader().Load({mount.Take(), entry}, options);
}

}  // namespace inmem::interpreter
