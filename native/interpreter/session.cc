// native/interpreter/session.cc: bundles for calls from JavaScript, beside
// runs.
#include "cpython/python_setup.h"

#include "interpreter/session.h"

#include <string>
#include <vector>

#include "base/status.h"
#include "cpython/owned.h"
#include "cpython/strings.h"
#include "importer/state.h"
#include "interpreter/bundles.h"
#include "interpreter/job.h"

namespace inmem::interpreter {
namespace {

using cpython::Owned;

Status RaisedError(const std::string& what) {
  Owned error = Owned::Steal(PyErr_GetRaisedException());
  Owned text = Owned::Steal(error ? PyObject_Repr(error.get()) : nullptr);
  auto view = text ? cpython::Utf8View(text.get()) : std::nullopt;
  Status status(ErrorCode::kInterpreter,
                what + ": " + std::string(view.value_or("no memory")));
  PyErr_Clear();
  return status;
}

bool Show(const Job& job, const std::vector<std::string>& points) {
  Owned module = Owned::Steal(PyImport_ImportModule("inmem._session"));
  Owned list = cpython::PathList(points);
  Owned args =
      job.args.empty() ? Owned::Borrow(Py_None) : cpython::PathList(job.args);
  Owned environment = Owned::Steal(PyList_New(0));
  if (!module || !list || !args || !environment) return false;
  for (const std::string& pair : job.environment) {
    Owned item = Owned::Steal(PyBytes_FromStringAndSize(
        pair.data(), static_cast<Py_ssize_t>(pair.size())));
    if (!item || PyList_Append(environment.get(), item.get()) != 0) {
      return false;
    }
  }
  return static_cast<bool>(Owned::Steal(PyObject_CallMethod(
      module.get(), "open", "OOO", list.get(), args.get(), environment.get())));
}

}  // namespace

Result<std::vector<std::string>> OpenSession(const Job& job) {
  auto points = MountSession(job);
  if (!points.ok()) return points.status();
  const PyGILState_STATE state = PyGILState_Ensure();
  Status status = ShowSession(job, points.value());
  PyGILState_Release(state);
  if (!status.ok()) return status;
  return points;
}

Result<std::vector<std::string>> MountSession(const Job& job) {
  Bundles bundles;
  return bundles.Mount(job.bundles, job.verification);
}

Status ShowSession(const Job& job, const std::vector<std::string>& points) {
  importer::State::Get().loader().SetPolicy(job.policy);
  return Show(job, points) ? Status::Ok()
                           : RaisedError("the session could not be set up");
}

}  // namespace inmem::interpreter
