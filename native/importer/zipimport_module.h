// native/importer/zipimport_module.h: a builtin `zipimport` that waits.
#pragma once

#include "cpython/python_setup.h"

namespace inmem::importer {

// For PyImport_AppendInittab. CPython imports `zipimport` while it starts, to
// put its hook on sys.path_hooks; to run that module takes a tenth of the
// start. This one holds a placeholder, which python/inmem/_boot.py replaces
// with a hook that loads the real module when a real zip file stands on the
// path.
//
// Being the first code of ours that runs in a new interpreter, it also switches
// the garbage collector off: what the start makes lives for ever. Whoever
// starts the interpreter switches it on again.
PyObject* InitZipimportModule();

}  // namespace inmem::importer
