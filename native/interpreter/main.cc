// native/interpreter/main.cc: Python as a program of its own, for the launcher.
#include "cpython/python_setup.h"

#include "interpreter/main.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/status.h"
#include "importer/root_names.h"
#include "importer/state.h"
#include "interpreter/bundles.h"
#include "interpreter/inheritance.h"
#include "interpreter/python_config.h"
#include "interpreter/python_thread.h"
#include "interpreter/settings.h"
#include "interpreter/verification.h"
#include "loader/loader.h"
#include "os/file_source.h"

namespace {

using inmem::Status;
namespace loader = inmem::loader;

int Fail(const Status& status) {
  inmem::interpreter::TellFailure(status);
  return 2;
}

// A content is not as signed. The process is the program's own: it ends at
// once, and no code of the program comes between.
void EndProcess(const Status& change) {
  inmem::interpreter::TellEnd(change);
  _exit(2);
}

// Never destroyed: threads may read of them until the process ends.
inmem::interpreter::Bundles& OpenBundles() {
  static auto* bundles = new inmem::interpreter::Bundles();
  return *bundles;
}

// Whether a reader of zip files could take it for one, however lenient it is:
// the signature of the end record, where the record may lie.
bool CanBeZip(const std::string& path) {
  constexpr std::uint64_t kTailBytes = 22 + 0xFFFF;
  const auto source = inmem::os::OpenFileSource(path);
  if (!source.ok()) return true;
  const std::uint64_t size = source.value()->size_bytes();
  std::string tail(std::min(size, kTailBytes), '\0');
  const auto bytes = std::as_writable_bytes(std::span(tail));
  return !source.value()->ReadAt(size - tail.size(), bytes).ok() ||
         tail.find("PK\x05\x06") != std::string::npos;
}

// A zip file as the program (`python app.pyz`) is a bundle, with all that a
// bundle has. One that we cannot read is left to zipimport, any other file to
// Python; but with a key no zip file runs that is not signed with it.
Status MountScript(const std::string& path, bool verifies) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return Status::Ok();
  inmem::interpreter::Bundle bundle;
  bundle.path = path;
  const auto point = OpenBundles().MountOne(bundle);
  const bool passes =
      point.ok() || !verifies ||
      (point.status().code() == inmem::ErrorCode::kNotZip && !CanBeZip(path));
  return passes ? Status::Ok() : point.status();
}

// sys.prefix: of the first of these bundles that brings files for it, as in a
// run (python/inmem/_run.py, set_prefix). "": none does.
std::string PrefixOf(const std::vector<std::string>& points) {
  constexpr std::string_view kFolder = "inmem.prefix";
  const auto& tree = inmem::importer::State::Get().tree();
  for (const std::string& point : points) {
    const auto place = tree.Locate(point);
    if (!place || !place->name.empty()) continue;
    const auto& archive = place->mount->archive();
    if (!inmem::importer::RootNames(archive, std::array{kFolder}, "").empty()) {
      return point + '/' + std::string(kFolder);
    }
  }
  return "";
}

struct Mounted {
  std::vector<std::string> points;
  bool verifies = false;
};

// Mounts what the environment names, and hands it on to children.
inmem::Result<Mounted> MountInherited() {
  using namespace inmem::interpreter;  // NOLINT(google-build-using-namespace)
  auto settings = TakeSettings();
  if (!settings.ok()) return settings.status();
  const std::optional<Verification> verification =
      settings.value().verification;
  OnChange(EndProcess);
  auto points = OpenBundles().Mount(settings.value().bundles, verification);
  CloseHandedOn(settings.value());
  if (!points.ok()) return points.status();
  const loader::Policy& policy = settings.value().policy;
  loader::Loader& loader = inmem::importer::State::Get().loader();
  loader.SetPolicy(policy);
  loader.ShareCopies(settings.value().shared, SetSharedCopies);
  SetSharedCopies(settings.value().shared);
  SetInheritance(OpenBundles().Inherited(points.value()), policy, verification);
  RenewVariables();
  return Mounted{points.Take(), verification.has_value()};
}

}  // namespace

extern "C" int _PyInmem_Main(int argc, char** argv) {
  using namespace inmem::interpreter;  // NOLINT(google-build-using-namespace)
  Status prepared = PrepareImports();
  if (!prepared.ok()) return Fail(prepared);
  auto mounted = MountInherited();
  if (!mounted.ok()) return Fail(mounted.status());
  const auto& [points, verifies] = mounted.value();
  const auto prepare =
      [&](const std::string& script) -> inmem::Result<std::string> {
    if (script.empty()) return PrefixOf(points);
    const Status status = MountScript(script, verifies);
    if (!status.ok()) return status;
    std::vector<std::string> all = {script};
    all.insert(all.end(), points.begin(), points.end());
    return PrefixOf(all);
  };
  auto started = StartProgram(LauncherPath(), points, argc, argv, prepare);
  if (!started.ok()) return Fail(started.status());
  if (started.value() >= 0) return started.value();
  return Py_RunMain();
}
