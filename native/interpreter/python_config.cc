// native/interpreter/python_config.cc: how CPython is configured and started.
#include "cpython/python_setup.h"

#include "interpreter/python_config.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/status.h"
#include "cpython/owned.h"
#include "importer/inmem_module.h"
#include "importer/zipimport_module.h"
#include "interpreter/bundles.h"
#include "interpreter/frozen_modules.h"
#include "interpreter/job_module.h"
#include "vfs/tree.h"

// Source: Include/internal/pycore_fileutils.h. Py_EncodeLocale needs a thread
// state, and there is none yet.
extern "C" char* _Py_EncodeLocaleRaw(const wchar_t* text,
                                     std::size_t* error_position);

namespace inmem::interpreter {
namespace {

using cpython::Owned;

constexpr const char* kPrefix = INMEM_VIRTUAL_PREFIX;
constexpr const char* kStdlib = INMEM_STDLIB_POINT;

// What a start that got as far as exceptions failed with, in parentheses.
std::string PendingException() {
  if (PyThreadState_GetUnchecked() == nullptr) return "";
  Owned raised = Owned::Steal(PyErr_GetRaisedException());
  Owned text = Owned::Steal(raised ? PyObject_Str(raised.get()) : nullptr);
  const char* words = text ? PyUnicode_AsUTF8(text.get()) : nullptr;
  if (words == nullptr) {
    PyErr_Clear();
    return "";
  }
  return std::string(" (") + Py_TYPE(raised.get())->tp_name + ": " + words +
         ")";
}

Status FromPyStatus(const PyStatus& status) {
  if (PyStatus_Exception(status) == 0) return Status::Ok();
  std::string text = "Python did not start: ";
  text += status.func != nullptr ? status.func : "";
  text += status.func != nullptr ? ": " : "";
  text += status.err_msg != nullptr ? status.err_msg : "no reason given";
  text += PendingException();
  return {ErrorCode::kInterpreter, text};
}

// A PyConfig, and the first failure of a row of calls on it.
class Config {
 public:
  explicit Config(void (*init)(PyConfig*)) { init(&config_); }
  ~Config() { PyConfig_Clear(&config_); }
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;

  PyConfig* operator->() { return &config_; }

  void Set(wchar_t* PyConfig::* field, const std::string& value) {
    Check(PyConfig_SetBytesString(&config_, &(config_.*field), value.c_str()));
  }

  void SetArguments(int argc, char** argv) {
    Check(PyConfig_SetBytesArgv(&config_, argc, argv));
  }

  // Adds to sys.path.
  void Append(const std::string& value) {
    wchar_t* text = Py_DecodeLocale(value.c_str(), nullptr);
    if (text == nullptr) {
      Check(PyStatus_NoMemory());
      return;
    }
    Check(PyWideStringList_Append(&config_.module_search_paths, text));
    PyMem_RawFree(text);
  }

  // Adds what PYTHONPATH holds (null: nothing).
  void AppendAll(const wchar_t* paths) {
    std::wstring_view rest = paths != nullptr ? paths : L"";
    while (!rest.empty()) {
      std::wstring path(rest.substr(0, rest.find(L':')));
      rest.remove_prefix(std::min(path.size() + 1, rest.size()));
      Check(
          PyWideStringList_Append(&config_.module_search_paths, path.c_str()));
    }
  }

  // PyConfig_Read or Py_InitializeFromConfig, if all went well so far.
  template <typename Call>
  PyStatus Then(Call call) {
    if (PyStatus_Exception(status_) == 0) status_ = call(&config_);
    return status_;
  }

 private:
  void Check(const PyStatus& status) {
    if (PyStatus_Exception(status_) == 0) status_ = status;
  }

  PyConfig config_;
  PyStatus status_ = PyStatus_Ok();
};

// Paths that are set are not computed: no file is probed for them.
void SetVirtualPaths(Config& config, const std::string& executable) {
  config.Set(&PyConfig::home, kPrefix);
  config.Set(&PyConfig::prefix, kPrefix);
  config.Set(&PyConfig::exec_prefix, kPrefix);
  config.Set(&PyConfig::base_prefix, kPrefix);
  config.Set(&PyConfig::base_exec_prefix, kPrefix);
  config.Set(&PyConfig::executable, executable);
  config.Set(&PyConfig::base_executable, executable);
  config.Set(&PyConfig::stdlib_dir, kStdlib);
  config->pathconfig_warnings = 0;
  // os, codecs and their like come from the archive: `_imp.is_frozen` must not
  // claim them, or a second importlib takes them for FrozenImporter's.
  config->use_frozen_modules = 0;
}

// The stdlib is wanted no sooner than by the importer: beside what Python does
// before it, JavaScript's thread may have mounted it (PythonThread::WarmUp).
PyObject* InitInmemModule() {
  Status mounted = MountStdlib();
  if (mounted.ok()) return importer::InitInmemModule();
  PyErr_SetString(PyExc_ImportError, mounted.message().c_str());
  return nullptr;
}

}  // namespace

Status PrepareImports() {
  if (PyImport_AppendInittab("_inmem", InitInmemModule) != 0 ||
      PyImport_AppendInittab("zipimport", importer::InitZipimportModule) != 0 ||
      PyImport_AppendInittab("_inmem_job", InitJobModule) != 0) {
    return {ErrorCode::kInterpreter, "no memory for Python's table of modules"};
  }
  PyImport_FrozenModules = FrozenModules();
  return Status::Ok();
}

Status StartEmbedded(const std::string& executable) {
  PyPreConfig preconfig;
  PyPreConfig_InitIsolatedConfig(&preconfig);
  preconfig.utf8_mode = 1;
#ifdef __SANITIZE_ADDRESS__
  // Each object by malloc: pymalloc's arenas would hide what is used after its
  // end (npm run test:fuzz -- --bridge).
  preconfig.allocator = PYMEM_ALLOCATOR_MALLOC;
#endif
  Status prepared = FromPyStatus(Py_PreInitialize(&preconfig));
  if (!prepared.ok()) return prepared;

  Config config(PyConfig_InitIsolatedConfig);
  SetVirtualPaths(config, executable);
  config.Set(&PyConfig::program_name, executable);
  config->module_search_paths_set = 1;
  config.Append(kStdlib);
  config->site_import = 0;
  config->install_signal_handlers = 0;
  config->write_bytecode = 0;
  config->parse_argv = 0;
  return FromPyStatus(config.Then(Py_InitializeFromConfig));
}

namespace {

// "" where there is none.
std::string AbsolutePath(const wchar_t* name) {
  char* text = name != nullptr ? _Py_EncodeLocaleRaw(name, nullptr) : nullptr;
  if (text == nullptr) return "";
  std::error_code error;
  const auto path = std::filesystem::absolute(text, error);
  PyMem_RawFree(text);
  return error ? "" : vfs::Normalize(path.native());
}

// -1: go on; else the exit status with which Python wants to end.
Result<int> ExitOf(const PyStatus& status) {
  if (PyStatus_IsExit(status) != 0) return status.exitcode;
  if (PyStatus_Exception(status) != 0) return FromPyStatus(status);
  return -1;
}

bool IsEnd(const Result<int>& outcome) {
  return !outcome.ok() || outcome.value() >= 0;
}

// Of a started Python: a configuration with `home` keeps no other prefix.
void SetPrefix(const std::string& prefix) {
  PyObject* text = PyUnicode_DecodeFSDefault(prefix.c_str());
  const bool set = text != nullptr && PySys_SetObject("prefix", text) == 0 &&
                   PySys_SetObject("exec_prefix", text) == 0;
  if (!set) PyErr_Clear();  // no memory: what comes next says so
  Py_XDECREF(text);
}

Result<int> PreInitialize(int argc, char** argv) {
  PyPreConfig preconfig;
  PyPreConfig_InitPythonConfig(&preconfig);
  return ExitOf(Py_PreInitializeFromBytesArgs(&preconfig, argc, argv));
}

}  // namespace

Result<int> StartProgram(
    const std::string& executable, const std::vector<std::string>& bundles,
    int argc, char** argv,
    const std::function<Result<std::string>(const std::string& script)>&
        prepare) {
  Result<int> outcome = PreInitialize(argc, argv);
  if (IsEnd(outcome)) return outcome;

  // Read apart from what starts Python: a configuration that is read twice
  // loses -X warn_default_encoding.
  Config asked(PyConfig_InitPythonConfig);
  Config config(PyConfig_InitPythonConfig);
  for (Config* each : {&asked, &config}) {
    SetVirtualPaths(*each, executable);
    each->SetArguments(argc, argv);
  }
  outcome = ExitOf(asked.Then(PyConfig_Read));
  if (IsEnd(outcome)) return outcome;
  const auto prefix = prepare(AbsolutePath(asked->run_filename));
  if (!prefix.ok()) return prefix.status();

  config->module_search_paths_set = 1;
  for (const std::string& bundle : bundles) config.Append(bundle);
  config.AppendAll(asked->pythonpath_env);
  config.Append(kStdlib);
  config.Append(std::string(kStdlib) + "/site-packages");
  outcome = ExitOf(config.Then(Py_InitializeFromConfig));
  if (IsEnd(outcome)) return outcome;
  PyGC_Enable();  // off since zipimport_module.cc
  if (!prefix.value().empty()) SetPrefix(prefix.value());
  return outcome;
}

}  // namespace inmem::interpreter
