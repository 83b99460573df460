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

constexpr const char* kPrefix = INMEM_VIRTUAL_PREFIX;
constexpr const char* kStdlib = INMEM_STDLIB_POINT;

Status FromPyStatus(const PyStatus& status) {
  if (PyStatus_Exception(status) == 0) return Status::Ok();
  std::string text = "Python did not start: ";
  text += status.func != nullptr ? status.func : "";
  text += status.func != nullptr ? ": " : "";
  text += status.err_msg != nullptr ? status.err_msg : "no reason given";
  return {ErrorCode::kInterpreter, text};
}

// Collects the first failure of a row of PyConfig calls.
class ConfigBuilder {
 public:
  explicit ConfigBuilder(PyConfig* config) : config_(config) {}
  ~ConfigBuilder() { PyConfig_Clear(config_); }
  ConfigBuilder(const ConfigBuilder&) = delete;
  ConfigBuilder& operator=(const ConfigBuilder&) = delete;

  void Set(wchar_t** field, const std::string& value) {
    Check(PyConfig_SetBytesString(config_, field, value.c_str()));
  }

  // Adds to sys.path.
  void Append(const std::string& value) {
    wchar_t* text = Py_DecodeLocale(value.c_str(), nullptr);
    if (text == nullptr) {
      Check(PyStatus_NoMemory());
      return;
    }
    Check(PyWideStringList_Append(&config_->module_search_paths, text));
    PyMem_RawFree(text);
  }

  // Adds what PYTHONPATH holds (null: nothing).
  void AppendAll(const wchar_t* paths) {
    std::wstring_view rest = paths != nullptr ? paths : L"";
    while (!rest.empty()) {
      std::wstring path(rest.substr(0, rest.find(L':')));
      rest.remove_prefix(std::min(path.size() + 1, rest.size()));
      Check(
          PyWideStringList_Append(&config_->module_search_paths, path.c_str()));
    }
  }

  void Check(const PyStatus& status) {
    if (PyStatus_Exception(status_) == 0) status_ = status;
  }

  bool ok() const { return PyStatus_Exception(status_) == 0; }
  const PyStatus& status() const { return status_; }

 private:
  PyConfig* config_;
  PyStatus status_ = PyStatus_Ok();
};

// Paths that are set are not computed: no file is probed for them.
void SetVirtualPaths(ConfigBuilder& builder, PyConfig& config,
                     const std::string& executable) {
  builder.Set(&config.home, kPrefix);
  builder.Set(&config.prefix, kPrefix);
  builder.Set(&config.exec_prefix, kPrefix);
  builder.Set(&config.base_prefix, kPrefix);
  builder.Set(&config.base_exec_prefix, kPrefix);
  builder.Set(&config.executable, executable);
  builder.Set(&config.base_executable, executable);
  builder.Set(&config.stdlib_dir, kStdlib);
  // os, codecs and their like come from the archive: `_imp.is_frozen` must not
  // claim them, or a second importlib takes them for FrozenImporter's.
  config.use_frozen_modules = 0;
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
  Status prepared = FromPyStatus(Py_PreInitialize(&preconfig));
  if (!prepared.ok()) return prepared;

  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  ConfigBuilder builder(&config);
  SetVirtualPaths(builder, config, executable);
  builder.Set(&config.program_name, executable);
  config.module_search_paths_set = 1;
  builder.Append(kStdlib);
  config.site_import = 0;
  config.install_signal_handlers = 0;
  config.write_bytecode = 0;
  config.pathconfig_warnings = 0;
  config.parse_argv = 0;
  if (!builder.ok()) return FromPyStatus(builder.status());
  return FromPyStatus(Py_InitializeFromConfig(&config));
}

namespace {

void TellScript(const wchar_t* name,
                const std::function<void(const std::string& path)>& on_script) {
  if (name == nullptr) return;
  char* text = _Py_EncodeLocaleRaw(name, nullptr);
  if (text == nullptr) return;
  std::error_code error;
  const auto path = std::filesystem::absolute(text, error);
  PyMem_RawFree(text);
  if (!error) on_script(vfs::Normalize(path.native()));
}

}  // namespace

Result<int> StartProgram(
    const std::string& executable, const std::vector<std::string>& bundles,
    int argc, char** argv,
    const std::function<void(const std::string& path)>& on_script) {
  PyPreConfig preconfig;
  PyPreConfig_InitPythonConfig(&preconfig);
  PyStatus status = Py_PreInitializeFromBytesArgs(&preconfig, argc, argv);
  if (PyStatus_IsExit(status) != 0) return status.exitcode;
  if (PyStatus_Exception(status) != 0) return FromPyStatus(status);

  // Read apart from what starts Python: a configuration that is read twice
  // loses -X warn_default_encoding.
  PyConfig asked;
  PyConfig_InitPythonConfig(&asked);
  ConfigBuilder reader(&asked);
  SetVirtualPaths(reader, asked, executable);
  asked.pathconfig_warnings = 0;
  reader.Check(PyConfig_SetBytesArgv(&asked, argc, argv));
  if (reader.ok()) reader.Check(PyConfig_Read(&asked));
  if (PyStatus_IsExit(reader.status()) != 0) return reader.status().exitcode;
  if (!reader.ok()) return FromPyStatus(reader.status());
  TellScript(asked.run_filename, on_script);

  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  ConfigBuilder builder(&config);
  SetVirtualPaths(builder, config, executable);
  config.pathconfig_warnings = 0;
  builder.Check(PyConfig_SetBytesArgv(&config, argc, argv));
  config.module_search_paths_set = 1;
  for (const std::string& bundle : bundles) builder.Append(bundle);
  builder.AppendAll(asked.pythonpath_env);
  builder.Append(kStdlib);
  builder.Append(std::string(kStdlib) + "/site-packages");
  PyConfig_Clear(&asked);
  if (!builder.ok()) return FromPyStatus(builder.status());
  status = Py_InitializeFromConfig(&config);
  if (PyStatus_IsExit(status) != 0) return status.exitcode;
  if (PyStatus_Exception(status) != 0) return FromPyStatus(status);
  PyGC_Enable();  // off since zipimport_module.cc
  return -1;
}

}  // namespace inmem::interpreter
