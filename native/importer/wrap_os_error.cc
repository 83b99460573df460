// native/importer/wrap_os_error.cc: why a damaged file cannot be opened.
//
// The addon is linked with --wrap=PyErr_SetFromErrnoWithFilenameObject, by
// which open() and os.open() raise. EIO says nothing of an entry's checksum:
// the error gets a note, which tracebacks show.
#include "cpython/python_setup.h"

#include <cerrno>
#include <string>

#include "cpython/owned.h"
#include "cpython/strings.h"
#include "files/files.h"

extern "C" {

PyObject* __real_PyErr_SetFromErrnoWithFilenameObject(PyObject* type,
                                                      PyObject* filename);

// NOLINTNEXTLINE(readability-identifier-naming): the linker's name
PyObject* __wrap_PyErr_SetFromErrnoWithFilenameObject(PyObject* type,
                                                      PyObject* filename) {
  using inmem::cpython::Owned;
  const int error = errno;
  __real_PyErr_SetFromErrnoWithFilenameObject(type, filename);
  const bool is_path = filename != nullptr && (PyUnicode_Check(filename) != 0 ||
                                               PyBytes_Check(filename) != 0);
  if (error != EIO || !is_path) return nullptr;
  Owned raised = Owned::Steal(PyErr_GetRaisedException());
  const auto path = inmem::cpython::PathBytes(filename);
  const std::string text =
      path ? inmem::files::DamageOf(path->c_str()) : std::string();
  if (!text.empty()) {
    // Without it the error is still the right one.
    const Owned done = Owned::Steal(
        PyObject_CallMethod(raised.get(), "add_note", "s", text.c_str()));
  }
  PyErr_Clear();
  PyErr_SetRaisedException(raised.release());
  return nullptr;
}

}  // extern "C"
