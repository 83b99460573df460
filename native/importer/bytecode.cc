// native/importer/bytecode.cc: code objects out of .pyc entries.
#include "cpython/python_setup.h"

#include "importer/bytecode.h"

#include <marshal.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "archive/archive.h"
#include "archive/dos_time.h"
#include "base/status.h"
#include "cpython/owned.h"
#include "importer/inmem_module.h"

namespace inmem::importer {
namespace {

using archive::Archive;
using cpython::Owned;

constexpr std::size_t kHeaderBytes = 16;
constexpr std::uint32_t kHashBased = 1;
constexpr std::uint32_t kCheckSource = 2;

std::uint32_t Little32(const std::byte* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::string Where(const Archive& archive, Archive::Index index) {
  return archive.name() + "!/" + std::string(archive.entry(index).name);
}

// Does the header fit the source beside it? Unchecked hashes always do.
// 1: fresh, 0: stale, -1: exception.
int IsFresh(const Archive& archive, std::span<const std::byte> pyc,
            Archive::Index source) {
  std::uint32_t flags = Little32(pyc.data() + 4);
  if ((flags & kHashBased) == 0) {
    archive::Entry entry = archive.entry(source);
    std::int64_t written = Little32(pyc.data() + 8);
    std::int64_t difference = written - archive::UnixTimeOfDos(entry.dos_time);
    bool same_time = difference >= -1 && difference <= 1;
    return same_time && Little32(pyc.data() + 12) ==
                            static_cast<std::uint32_t>(entry.size_bytes);
  }
  if ((flags & kCheckSource) == 0) return 1;
  auto bytes = archive.Read(source);
  if (!bytes.ok()) {
    RaiseImportError(bytes.status(), nullptr);
    return -1;
  }
  auto span = bytes.value().span();
  Owned imp = Owned::Steal(PyImport_ImportModule("_imp"));
  if (!imp) return -1;
  Owned hash = Owned::Steal(PyObject_CallMethod(
      imp.get(), "source_hash", "ly#", PyImport_GetMagicNumber(),
      reinterpret_cast<const char*>(span.data()),
      static_cast<Py_ssize_t>(span.size())));
  if (!hash || !PyBytes_Check(hash.get())) return -1;
  return PyBytes_GET_SIZE(hash.get()) == 8 &&
         std::memcmp(PyBytes_AS_STRING(hash.get()), pyc.data() + 8, 8) == 0;
}

// Replaces the path that the code was compiled under, all the way down.
bool FixFilename(PyObject* code, PyObject* origin) {
  PyObject* current = reinterpret_cast<PyCodeObject*>(code)->co_filename;
  if (PyUnicode_Compare(current, origin) == 0) return !PyErr_Occurred();
  Owned imp = Owned::Steal(PyImport_ImportModule("_imp"));
  if (!imp) return false;
  Owned done = Owned::Steal(
      PyObject_CallMethod(imp.get(), "_fix_co_filename", "OO", code, origin));
  return static_cast<bool>(done);
}

PyObject* Unmarshal(const Archive& archive, Archive::Index index,
                    std::span<const std::byte> pyc, PyObject* origin) {
  Owned code = Owned::Steal(PyMarshal_ReadObjectFromString(
      reinterpret_cast<const char*>(pyc.data() + kHeaderBytes),
      static_cast<Py_ssize_t>(pyc.size() - kHeaderBytes)));
  if (code && !PyCode_Check(code.get())) {
    PyErr_SetString(PyExc_ImportError, "no code object");
    code = Owned();
  }
  if (!code) {
    PyErr_Clear();
    return RaiseImportError(
        Status(ErrorCode::kBadData,
               Where(archive, index) +
                   ": the marshalled code is damaged (expected a code object)"),
        origin);
  }
  if (!FixFilename(code.get(), origin)) return nullptr;
  return code.release();
}

}  // namespace

PyObject* LoadBytecode(const Archive& archive, long long bytecode,
                       long long source, PyObject* origin) {
  if (bytecode < 0) Py_RETURN_NONE;
  auto index = static_cast<Archive::Index>(bytecode);
  bool has_source = source >= 0;
  auto bytes = archive.Read(index);
  if (!bytes.ok()) return RaiseImportError(bytes.status(), origin);
  std::span<const std::byte> pyc = bytes.value().span();
  auto magic = static_cast<std::uint32_t>(PyImport_GetMagicNumber());
  if (pyc.size() < kHeaderBytes || Little32(pyc.data()) != magic) {
    if (has_source) Py_RETURN_NONE;
    return RaiseImportError(
        Status(ErrorCode::kWrongPython,
               Where(archive, index) + ": bytecode of another Python, without "
                                       "source (expected Python " PY_VERSION
                                       ")"),
        origin);
  }
  if (has_source) {
    int fresh = IsFresh(archive, pyc, static_cast<Archive::Index>(source));
    if (fresh < 0) return nullptr;
    if (fresh == 0) Py_RETURN_NONE;
  }
  return Unmarshal(archive, index, pyc, origin);
}

}  // namespace inmem::importer
