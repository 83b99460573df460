// native/interpreter/main.cc: Python as a program of its own, for the launcher.
#include "cpython/python_setup.h"

#include "interpreter/main.h"

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "importer/state.h"
#include "interpreter/bundles.h"
#include "interpreter/job.h"
#include "interpreter/python_config.h"
#include "interpreter/python_thread.h"

namespace {

using inmem::Status;

int Fail(const Status& status) {
  std::fprintf(stderr, "inmem-python: %s: %s\n",
               std::string(inmem::ErrorName(status.code())).c_str(),
               status.message().c_str());
  return 2;
}

// INMEM_BUNDLES: absolute paths, joined by ':' as in PYTHONPATH.
std::vector<inmem::interpreter::Bundle> BundlesFromEnvironment() {
  std::vector<inmem::interpreter::Bundle> bundles;
  const char* text = std::getenv("INMEM_BUNDLES");
  std::string rest = text != nullptr ? text : "";
  while (!rest.empty()) {
    std::size_t colon = rest.find(':');
    std::string path = rest.substr(0, colon);
    rest.erase(0, colon == std::string::npos ? colon : colon + 1);
    if (path.empty()) continue;
    inmem::interpreter::Bundle bundle;
    bundle.path = path;
    bundles.push_back(std::move(bundle));
  }
  return bundles;
}

// INMEM_LOAD: how shared objects are loaded, as run()'s option `load` says it.
Status PolicyFromEnvironment() {
  const char* text = std::getenv("INMEM_LOAD");
  if (text == nullptr || *text == '\0') return Status::Ok();
  const auto wish = inmem::loader::WishOf(text);
  if (!wish) {
    return {inmem::ErrorCode::kLoadTier,
            std::string("INMEM_LOAD=") + text +
                " (expected auto, mapped, memfd, tmpfs or extract)"};
  }
  inmem::loader::Policy policy;
  policy.tier.wish = *wish;
  inmem::importer::State::Get().loader().SetPolicy(std::move(policy));
  return Status::Ok();
}

}  // namespace

extern "C" int _PyInmem_Main(int argc, char** argv) {
  using namespace inmem::interpreter;  // NOLINT(google-build-using-namespace)
  Status prepared = PrepareImports();
  if (!prepared.ok()) return Fail(prepared);
  if (Status status = PolicyFromEnvironment(); !status.ok()) {
    return Fail(status);
  }
  static auto* bundles = new Bundles();
  auto points = bundles->Mount(BundlesFromEnvironment());
  if (!points.ok()) return Fail(points.status());
  auto started = StartProgram(LauncherPath(), points.value(), argc, argv);
  if (!started.ok()) return Fail(started.status());
  if (started.value() >= 0) return started.value();
  return Py_RunMain();
}
