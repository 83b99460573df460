// native/importer/inmem_module.cc: the builtin module `_inmem`.
//
// Mechanism only: lookups, bytes, code objects. What they mean for an import is
// decided in python/inmem. Every function holds the GIL, but for large reads.
#include "cpython/python_setup.h"

#include "importer/inmem_module.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "archive/archive.h"
#include "base/status.h"
#include "cpython/functions.h"
#include "cpython/gil.h"
#include "cpython/module_def.h"
#include "cpython/owned.h"
#include "cpython/strings.h"
#include "importer/bytecode.h"
#include "importer/collector.h"
#include "importer/digest.h"
#include "importer/load_error.h"
#include "importer/loaded_objects.h"
#include "importer/module_search.h"
#include "importer/new_interpreters.h"
#include "importer/python_tag.h"
#include "importer/root_names.h"
#include "importer/state.h"
#include "vfs/tree.h"

namespace inmem::importer {

using cpython::Owned;

namespace {

// A class for each: interpreters must not share one, and a run has but one.
void RaiseVerificationError(PyObject* message) {
  Owned type = Owned::Steal(PyErr_NewException("inmem.VerificationError",
                                               PyExc_BaseException, nullptr));
  if (type) PyErr_SetObject(type.get(), message);
}

}  // namespace

PyObject* RaiseImportError(const Status& status, PyObject* path) {
  Owned message = cpython::PathText(status.message());
  if (!message) return nullptr;
  if (status.code() == ErrorCode::kBadDigest) {
    RaiseVerificationError(message.get());
  } else {
    PyErr_SetImportError(message.get(), nullptr, path);
  }
  Owned error = Owned::Steal(PyErr_GetRaisedException());
  std::string_view name = ErrorName(status.code());
  Owned code = Owned::Steal(PyUnicode_FromStringAndSize(
      name.data(), static_cast<Py_ssize_t>(name.size())));
  if (error && code) {
    PyObject_SetAttrString(error.get(), "inmem_code", code.get());
  }
  PyErr_SetRaisedException(error.release());
  return nullptr;
}

namespace {

// (kind, mount, source, bytecode, origin, cached, folder) or null with an
// exception. kind 0: source or bytecode, 1: extension; indexes are -1 where
// absent; folder is the package's path or None.
PyObject* DescribeModule(const PathEntry& entry, const ModuleEntries& found) {
  const archive::Archive& archive = entry.mount->archive();
  auto path_of = [&](std::optional<ModuleEntries::Index> index) {
    if (!index) return Owned::Borrow(Py_None);
    std::string path = entry.mount->point() + '/';
    path += archive.entry(*index).name;
    return cpython::PathText(path);
  };
  auto number = [](std::optional<ModuleEntries::Index> index) {
    return index ? static_cast<long long>(*index) : -1;
  };
  auto origin_index = found.extension ? found.extension
                      : found.source  ? found.source
                                      : found.bytecode;
  Owned origin = path_of(origin_index);
  Owned cached = path_of(found.bytecode);
  if (!origin || !cached) return nullptr;
  Owned folder = Owned::Borrow(Py_None);
  if (found.is_package) {
    std::string path = entry.mount->point() + '/';
    path += archive.entry(*origin_index).name;
    folder = cpython::PathText(path.substr(0, path.rfind('/')));
    if (!folder) return nullptr;
  }
  return Py_BuildValue("iLLLOOO", found.extension ? 1 : 0,
                       static_cast<long long>(entry.id), number(found.source),
                       number(found.bytecode), origin.get(), cached.get(),
                       folder.get());
}

// Whether sys.path_importer_cache has a finder for this entry that is not of
// the type `ours`: a program's own, which then has the say.
bool IsTaken(PyObject* cache, PyObject* ours, PyObject* item) {
  PyObject* finder = PyDict_GetItemWithError(cache, item);  // borrowed
  if (finder == nullptr) {
    PyErr_Clear();
    return false;
  }
  return reinterpret_cast<PyObject*>(Py_TYPE(finder)) != ours;
}

// find(tail, path_entries[, cache, type]): the first entry that holds the
// module. None where none does, and as soon as an entry is not ours or has a
// finder in `cache` that is not of this type: PathFinder then does it all.
PyObject* Find(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 2 && count != 4) {
    PyErr_SetString(PyExc_TypeError, "find(tail, path_entries[, cache, type])");
    return nullptr;
  }
  PyObject* cache = count == 4 && PyDict_Check(args[2]) ? args[2] : nullptr;
  auto tail = cpython::Utf8View(args[0]);
  if (!tail) {
    if (!PyErr_ExceptionMatches(PyExc_ValueError)) return nullptr;
    PyErr_Clear();  // a lone surrogate: no entry has such a name
    Py_RETURN_NONE;
  }
  Owned entries =
      Owned::Steal(PySequence_Fast(args[1], "path entries must be a sequence"));
  if (!entries) return nullptr;
  State& state = State::Get();
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(entries.get()); ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(entries.get(), i);
    if (!PyUnicode_Check(item)) Py_RETURN_NONE;
    if (cache != nullptr && IsTaken(cache, args[3], item)) Py_RETURN_NONE;
    auto path = cpython::Utf8View(item);
    if (!path) {
      PyErr_Clear();  // a lone surrogate: a real path, not one of ours
      Py_RETURN_NONE;
    }
    auto entry = state.Resolve(*path);
    if (!entry) Py_RETURN_NONE;
    auto found =
        FindModule(*entry->mount, entry->folder, *tail, ExtensionSuffix());
    if (found) return DescribeModule(*entry, *found);
  }
  Py_RETURN_NONE;
}

// A name with a NUL or a lone surrogate is no path of anything: no error.
std::optional<std::string> PathOrNothing(PyObject* argument) {
  auto path = cpython::PathBytes(argument);
  if (!path && PyErr_ExceptionMatches(PyExc_ValueError)) PyErr_Clear();
  return path;
}

std::optional<PathEntry> ResolveArgument(PyObject* argument) {
  auto path = PathOrNothing(argument);
  if (!path) return std::nullopt;
  return State::Get().Resolve(vfs::Normalize(*path));
}

// canonical(path): the path as mounts spell it; None: not a virtual path.
PyObject* Canonical(PyObject*, PyObject* argument) {
  auto path = PathOrNothing(argument);
  if (!path) {
    if (PyErr_Occurred()) return nullptr;
    Py_RETURN_NONE;
  }
  std::string normal = vfs::Normalize(*path);
  if (!State::Get().Resolve(normal)) Py_RETURN_NONE;
  return cpython::PathText(normal).release();
}

// kind(path): 0 nothing there, 1 file, 2 folder, None: not a virtual path.
PyObject* Kind(PyObject*, PyObject* argument) {
  auto entry = ResolveArgument(argument);
  if (!entry) {
    if (PyErr_Occurred()) return nullptr;
    Py_RETURN_NONE;
  }
  auto found = entry->mount->Lookup(entry->folder);
  return PyLong_FromLong(static_cast<long>(found.kind));
}

// listdir(path): names in the folder, None where it is none of ours.
PyObject* ListDir(PyObject*, PyObject* argument) {
  auto entry = ResolveArgument(argument);
  if (!entry) {
    if (PyErr_Occurred()) return nullptr;
    Py_RETURN_NONE;
  }
  auto names = entry->mount->List(entry->folder);
  if (!names) Py_RETURN_NONE;
  Owned list = Owned::Steal(PyList_New(0));
  if (!list) return nullptr;
  for (std::string_view name : *names) {
    Owned text = cpython::PathText(name);
    if (!text || PyList_Append(list.get(), text.get()) != 0) return nullptr;
  }
  return list.release();
}

// root_names(point, names, suffix): sorted those of `names` that are files or
// folders at the root, and the files there that end with `suffix`.
PyObject* RootNamesOf(PyObject*, PyObject* args) {
  PyObject* point = nullptr;
  PyObject* names = nullptr;
  const char* suffix = nullptr;
  if (!PyArg_ParseTuple(args, "OO!s:root_names", &point, &PyTuple_Type, &names,
                        &suffix)) {
    return nullptr;
  }
  auto entry = ResolveArgument(point);
  if (!entry && PyErr_Occurred()) return nullptr;
  std::vector<std::string_view> wanted;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); ++i) {
    auto name = cpython::Utf8View(PyTuple_GET_ITEM(names, i));
    if (!name) return nullptr;
    wanted.push_back(*name);
  }
  Owned list = Owned::Steal(PyList_New(0));
  if (!list || !entry) return list.release();
  for (auto name : RootNames(entry->mount->archive(), wanted, suffix)) {
    Owned text = cpython::PathText(name);
    if (!text || PyList_Append(list.get(), text.get()) != 0) return nullptr;
  }
  return list.release();
}

PyObject* ReadEntry(const vfs::Mount& mount, ModuleEntries::Index index,
                    PyObject* path) {
  Result<archive::Bytes> bytes = [&] {
    cpython::GilRelease release;
    return mount.archive().Read(index);
  }();
  if (!bytes.ok()) return RaiseImportError(bytes.status(), path);
  auto span = bytes.value().span();
  return PyBytes_FromStringAndSize(reinterpret_cast<const char*>(span.data()),
                                   static_cast<Py_ssize_t>(span.size()));
}

// read(path): the file's bytes; None where there is no such virtual file.
PyObject* Read(PyObject*, PyObject* argument) {
  auto entry = ResolveArgument(argument);
  if (!entry) {
    if (PyErr_Occurred()) return nullptr;
    Py_RETURN_NONE;
  }
  auto found = entry->mount->Lookup(entry->folder);
  if (found.kind != vfs::Mount::Kind::kFile) Py_RETURN_NONE;
  return ReadEntry(*entry->mount, found.index, argument);
}

// start(path, size): the first bytes of the file without a look at the rest,
// which its CRC-32 would need; all where it is compressed, or must be checked.
// None: no such file.
PyObject* Start(PyObject*, PyObject* args) {
  constexpr unsigned int kMostStart = 1u << 16;
  PyObject* path = nullptr;
  unsigned int size = 0;
  if (!PyArg_ParseTuple(args, "OI:start", &path, &size)) return nullptr;
  if (size > kMostStart) {
    return PyErr_Format(PyExc_ValueError, "start: %u bytes (at most %u)", size,
                        kMostStart);
  }
  auto entry = ResolveArgument(path);
  if (!entry && PyErr_Occurred()) return nullptr;
  if (!entry) Py_RETURN_NONE;
  auto found = entry->mount->Lookup(entry->folder);
  if (found.kind != vfs::Mount::Kind::kFile) Py_RETURN_NONE;
  const archive::Archive& archive = entry->mount->archive();
  const auto file = archive.entry(found.index);
  auto offset = archive.DataOffset(found.index);
  if (file.method != archive::Method::kStored || file.encrypted ||
      archive.has_check() || !offset.ok()) {
    return ReadEntry(*entry->mount, found.index, path);
  }
  std::vector<std::byte> bytes(std::min<std::uint64_t>(size, file.size_bytes));
  if (!archive.source().ReadAt(offset.value(), bytes).ok()) {
    return ReadEntry(*entry->mount, found.index, path);  // tells what is wrong
  }
  return PyBytes_FromStringAndSize(reinterpret_cast<const char*>(bytes.data()),
                                   static_cast<Py_ssize_t>(bytes.size()));
}

// digests(point, names): for each top-level name a number that stands for
// names, sizes and CRCs of all entries below it (a package, its `.libs` folder,
// a module's files); 0 where there are none. Equal digests: a module may stay
// between runs.
PyObject* Digests(PyObject*, PyObject* args) {
  PyObject* point = nullptr;
  PyObject* names = nullptr;
  if (!PyArg_ParseTuple(args, "OO!:digests", &point, &PyList_Type, &names)) {
    return nullptr;
  }
  auto entry = ResolveArgument(point);
  if (!entry && PyErr_Occurred()) return nullptr;
  Py_ssize_t count = PyList_GET_SIZE(names);
  std::unordered_map<std::string_view, std::uint64_t> digests;
  for (Py_ssize_t i = 0; i < count; ++i) {
    auto name = cpython::Utf8View(PyList_GET_ITEM(names, i));
    if (!name) return nullptr;
    digests.emplace(*name, 0);
  }
  if (entry) AddDigests(entry->mount->archive(), digests);
  Owned list = Owned::Steal(PyList_New(count));
  for (Py_ssize_t i = 0; list && i < count; ++i) {
    auto name = cpython::Utf8View(PyList_GET_ITEM(names, i));
    PyObject* number = PyLong_FromUnsignedLongLong(digests[*name]);
    if (number == nullptr) return nullptr;
    PyList_SET_ITEM(list.get(), i, number);
  }
  return list.release();
}

// has_libraries(point): whether a shared object is in the archive there.
PyObject* HasLibraries(PyObject*, PyObject* point) {
  auto entry = ResolveArgument(point);
  if (!entry && PyErr_Occurred()) return nullptr;
  return PyBool_FromLong(entry && HoldsLibraries(entry->mount->archive()));
}

// code(mount, bytecode, source, origin): the module's code object from its
// .pyc, None where the .pyc is stale and the source must be compiled.
PyObject* Code(PyObject*, PyObject* args) {
  long long id = 0;
  long long bytecode = -1;
  long long source = -1;
  PyObject* origin = nullptr;
  if (!PyArg_ParseTuple(args, "LLLU:code", &id, &bytecode, &source, &origin)) {
    return nullptr;
  }
  auto mount = State::Get().mount(id);
  if (!mount) {
    return RaiseImportError(
        Status(ErrorCode::kNotFound, "the module's archive is unmounted"),
        origin);
  }
  const auto count = static_cast<long long>(mount->archive().entry_count());
  if (bytecode >= count || source >= count) {
    return PyErr_Format(PyExc_ValueError,
                        "code: entry %lld of an archive with %lld entries",
                        std::max(bytecode, source), count);
  }
  InmemEaseCollector();
  return LoadBytecode(mount->archive(), bytecode, source, origin);
}

PyObject* TakeLoadError(PyObject*, PyObject*) {
  std::string code = TakeLoadErrorCode();
  return PyUnicode_FromStringAndSize(code.data(),
                                     static_cast<Py_ssize_t>(code.size()));
}

PyMethodDef kMethods[] = {
    {"find", cpython::Method(Find), METH_FASTCALL, nullptr},
    {"canonical", Canonical, METH_O, nullptr},
    {"kind", Kind, METH_O, nullptr},
    {"listdir", ListDir, METH_O, nullptr},
    {"read", Read, METH_O, nullptr},
    {"root_names", RootNamesOf, METH_VARARGS, nullptr},
    {"start", Start, METH_VARARGS, nullptr},
    {"digests", Digests, METH_VARARGS, nullptr},
    {"has_libraries", HasLibraries, METH_O, nullptr},
    {"code", Code, METH_VARARGS, nullptr},
    {"shared_objects", SharedObjects, METH_NOARGS, nullptr},
    {"take_load_error", TakeLoadError, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

int ExecModule(PyObject* module) {
  std::string_view suffix = ExtensionSuffix();
  if (PyModule_AddStringConstant(module, "prefix", INMEM_VIRTUAL_PREFIX) != 0 ||
      PyModule_AddStringConstant(module, "stdlib", INMEM_STDLIB_POINT) != 0 ||
      PyModule_AddStringConstant(module, "ext_suffix",
                                 std::string(suffix).c_str()) != 0) {
    return -1;
  }
  return AddNewInterpreterFunctions(module) ? 0 : -1;
}

PyModuleDef_Slot kSlots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(ExecModule)},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, nullptr}};

constinit PyModuleDef kModule =
    cpython::DefineModule("_inmem", kMethods, kSlots);

}  // namespace

PyObject* InitInmemModule() { return PyModuleDef_Init(&kModule); }

}  // namespace inmem::importer
