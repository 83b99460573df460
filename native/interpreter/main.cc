// native/interpreter/main.cc: Python as a program of its own, for the launcher.
#include "cpython/python_setup.h"

#include "interpreter/main.h"

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/status.h"
#include "importer/state.h"
#include "interpreter/bundles.h"
#include "interpreter/inheritance.h"
#include "interpreter/python_config.h"
#include "interpreter/python_thread.h"
#include "interpreter/settings.h"
#include "interpreter/verification.h"
#include "loader/loader.h"

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

// A zip file as the program (`python app.pyz`) is a bundle, with all that a
// bundle has. One that we cannot read is left to zipimport, any other file to
// Python.
void MountScript(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return;
  inmem::interpreter::Bundle bundle;
  bundle.path = path;
  static_cast<void>(OpenBundles().MountOne(bundle));
}

// Mounts what the environment names, and hands it on to children. Gives the
// mount points.
inmem::Result<std::vector<std::string>> MountInherited() {
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
  return points;
}

}  // namespace

extern "C" int _PyInmem_Main(int argc, char** argv) {
  using namespace inmem::interpreter;  // NOLINT(google-build-using-namespace)
  Status prepared = PrepareImports();
  if (!prepared.ok()) return Fail(prepared);
  auto points = MountInherited();
  if (!points.ok()) return Fail(points.status());
  auto started =
      StartProgram(LauncherPath(), points.value(), argc, argv, MountScript);
  if (!started.ok()) return Fail(started.status());
  if (started.value() >= 0) return started.value();
  return Py_RunMain();
}
