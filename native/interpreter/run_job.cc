// native/interpreter/run_job.cc: a job, handed to python/inmem/_run.py.
#include "cpython/python_setup.h"

#include "interpreter/run_job.h"

#include <memory>
#include <string>
#include <vector>

#include "cpython/owned.h"
#include "cpython/strings.h"
#include "importer/state.h"
#include "interpreter/bundles.h"
#include "interpreter/inheritance.h"
#include "interpreter/job.h"

namespace inmem::interpreter {
namespace {

using cpython::Owned;

Owned BytesList(const std::vector<std::string>& texts) {
  Owned list = Owned::Steal(PyList_New(0));
  for (const std::string& text : texts) {
    Owned item = Owned::Steal(PyBytes_FromStringAndSize(
        text.data(), static_cast<Py_ssize_t>(text.size())));
    if (!list || !item || PyList_Append(list.get(), item.get()) != 0) return {};
  }
  return list;
}

// The process's, and what its children inherit, which comes last and wins.
std::vector<std::string> EnvironmentOf(const Job& job) {
  std::vector<std::string> environment = job.environment;
  for (std::string& variable : InheritedVariables()) {
    environment.push_back(std::move(variable));
  }
  return environment;
}

Owned JobDict(const Job& job, const std::vector<std::string>& points) {
  Owned point_list = cpython::PathList(points);
  Owned args = cpython::PathList(job.args);
  Owned environment = BytesList(EnvironmentOf(job));
  Owned module =
      job.module ? cpython::PathText(*job.module) : Owned::Borrow(Py_None);
  Owned script =
      job.script ? cpython::PathText(*job.script) : Owned::Borrow(Py_None);
  if (!point_list || !args || !environment || !module || !script) return {};
  return Owned::Steal(Py_BuildValue(
      "{sOsOsOsOsOs(OOO)sO}", "points", point_list.get(), "args", args.get(),
      "environment", environment.get(), "module", module.get(), "script",
      script.get(), "pipes", job.pipe_stdin ? Py_True : Py_False,
      job.pipe_stdout ? Py_True : Py_False,
      job.pipe_stderr ? Py_True : Py_False, "report",
      job.report ? Py_True : Py_False));
}

// Borrowed; null where the key is absent.
PyObject* Item(PyObject* dict, const char* key) {
  return PyDict_GetItemString(dict, key);
}

std::string Text(PyObject* object) {
  if (object == nullptr || PyUnicode_Check(object) == 0) return "";
  // Lone surrogates become the bytes they stand for, or '?'.
  Owned bytes = Owned::Steal(
      PyUnicode_AsEncodedString(object, "utf-8", "surrogateescape"));
  if (!bytes) {
    PyErr_Clear();
    bytes = Owned::Steal(PyUnicode_AsEncodedString(object, "utf-8", "replace"));
  }
  if (!bytes) {
    PyErr_Clear();
    return "";
  }
  return {PyBytes_AS_STRING(bytes.get()),
          static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.get()))};
}

std::vector<std::string> Texts(PyObject* list) {
  std::vector<std::string> texts;
  if (list == nullptr || PyList_Check(list) == 0) return texts;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); ++i) {
    texts.push_back(Text(PyList_GET_ITEM(list, i)));
  }
  return texts;
}

ExceptionText ReadException(PyObject* dict) {
  ExceptionText text;
  text.type = Text(Item(dict, "type"));
  text.message = Text(Item(dict, "message"));
  text.traceback = Text(Item(dict, "traceback"));
  text.code = Text(Item(dict, "code"));
  PyObject* cause = Item(dict, "cause");
  if (cause != nullptr && PyDict_Check(cause)) {
    text.cause = std::make_unique<ExceptionText>(ReadException(cause));
  }
  return text;
}

// python/inmem/_run.py itself failed: a fault of ours, told as such.
Outcome OwnFailure() {
  Outcome outcome;
  outcome.kind = Outcome::Kind::kError;
  outcome.code = "ERR_INMEM_INTERPRETER";
  Owned error = Owned::Steal(PyErr_GetRaisedException());
  Owned text = Owned::Steal(error ? PyObject_Repr(error.get()) : nullptr);
  PyErr_Clear();
  outcome.message = "the run could not be set up: " + Text(text.get());
  return outcome;
}

Outcome ReadOutcome(PyObject* dict) {
  Outcome outcome;
  std::string kind = Text(Item(dict, "kind"));
  if (kind == "exit") {
    PyObject* code = Item(dict, "exit_code");
    outcome.exit_code = code ? static_cast<int>(PyLong_AsLong(code)) : 0;
  } else if (kind == "exception") {
    outcome.kind = Outcome::Kind::kException;
    outcome.exception = ReadException(dict);
  } else {
    outcome.kind = Outcome::Kind::kError;
    outcome.code = Text(Item(dict, "code"));
    outcome.message = Text(Item(dict, "message"));
  }
  return outcome;
}

// An interrupt that came too late for the program is forgotten.
void CloseGate(const InterruptGate& gate) {
  gate(false);
  if (PyErr_CheckSignals() != 0) PyErr_Clear();
  if (Py_MakePendingCalls() != 0) PyErr_Clear();
}

// Calls a function of _run.py with the gate open. What it raises comes out as
// an object.
Owned CallProgram(PyObject* module, const char* name, PyObject* argument,
                  const InterruptGate& gate) {
  gate(true);
  Owned result = Owned::Steal(
      argument != nullptr ? PyObject_CallMethod(module, name, "O", argument)
                          : PyObject_CallMethod(module, name, nullptr));
  Owned error = Owned::Steal(PyErr_GetRaisedException());
  CloseGate(gate);
  return error;
}

// As the stock interpreter tells it at its end: no frame is there, which would
// come into the traceback.
void TellUnflushed(PyObject* module, const InterruptGate& gate) {
  Owned error = Owned::Steal(PyObject_GetAttrString(module, "unflushed"));
  PyErr_Clear();
  if (!error || PyExceptionInstance_Check(error.get()) == 0) return;
  gate(true);  // the program may have set the hook
  PyErr_SetRaisedException(error.release());
  PyErr_FormatUnraisable("Exception ignored on flushing sys.stdout");
  CloseGate(gate);
}

void ReadEnd(PyObject* end, Outcome* outcome, std::vector<std::string>* keep) {
  *keep = Texts(Item(end, "keep"));
  PyObject* began = Item(end, "began");
  if (began != nullptr) outcome->began_ns = PyLong_AsLongLong(began);
  // As Py_RunMain() has it.
  constexpr int kOutputLost = 120;
  if (outcome->kind == Outcome::Kind::kExit && Item(end, "lost") == Py_True) {
    outcome->exit_code = kOutputLost;
  }
  PyObject* modules = Item(end, "modules");
  if (modules == nullptr || PyDict_Check(modules) == 0) return;
  outcome->modules_from_memory = Texts(Item(modules, "memory"));
  outcome->modules_from_disk = Texts(Item(modules, "disk"));
}

}  // namespace

Outcome RunJob(const Job& job, const std::vector<std::string>& points,
               const InterruptGate& gate, std::vector<std::string>* keep) {
  *keep = points;
  importer::State::Get().loader().SetPolicy(job.policy);
  SetInheritance(Bundles::Inherited(points), job.policy, job.verification);
  importer::State::Get().SetProgramPath(points);
  Owned module = Owned::Steal(PyImport_ImportModule("inmem._run"));
  if (!module) return OwnFailure();
  Owned argument = JobDict(job, points);
  if (!argument) return OwnFailure();
  Owned begun = Owned::Steal(
      PyObject_CallMethod(module.get(), "begin", "O", argument.get()));
  if (!begun) return OwnFailure();

  Owned error = CallProgram(module.get(), "program", argument.get(), gate);
  Owned described = Owned::Steal(PyObject_CallMethod(
      module.get(), "outcome", "O", error ? error.get() : Py_None));
  Outcome outcome = described && PyDict_Check(described.get()) != 0
                        ? ReadOutcome(described.get())
                        : OwnFailure();
  error = Owned();
  CallProgram(module.get(), "finish", nullptr, gate);
  TellUnflushed(module.get(), gate);
  Owned end = Owned::Steal(
      PyObject_CallMethod(module.get(), "end", "O", argument.get()));
  // Whatever went wrong after it, the program ended as it did.
  if (end) ReadEnd(end.get(), &outcome, keep);
  PyErr_Clear();
  return outcome;
}

void FlushOutput() {
  Owned module = Owned::Steal(PyImport_ImportModule("inmem._run"));
  if (module) {
    Owned::Steal(PyObject_CallMethod(module.get(), "flush", nullptr));
  }
  PyErr_Clear();
}

}  // namespace inmem::interpreter
