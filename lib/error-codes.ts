// lib/error-codes.ts: the permanent error codes.
// Made by scripts/generate-errors.mjs from native/base/error_codes.def: do not edit.

/** Every `code` of an InmemError, with what it means. */
export const errorCodes = {
  ERR_INMEM_NOT_FOUND: "No file at this path.",
  ERR_INMEM_NOT_A_FILE: "The path is a directory, FIFO, socket or device.",
  ERR_INMEM_UNREADABLE: "The file exists but cannot be opened or read.",
  ERR_INMEM_FILE_CHANGED: "The file became shorter after it was opened.",
  ERR_INMEM_NOT_ZIP:
    "No end of central directory record: the bytes are not a zip archive, or its end is cut off.",
  ERR_INMEM_BAD_DIRECTORY: "The central directory is out of range, cut off or inconsistent.",
  ERR_INMEM_BAD_ZIP64:
    "A zip64 record or extra field is missing, cut off or contradicts the archive.",
  ERR_INMEM_MULTI_DISK: "The archive is split over several files.",
  ERR_INMEM_BAD_LOCAL_HEADER:
    "An entry's local file header is out of range or contradicts the central directory.",
  ERR_INMEM_OVERLAPPING_ENTRIES:
    "Two entries share bytes of the archive, or an entry reaches into the central directory.",
  ERR_INMEM_DUPLICATE_ENTRY: "Two entries have the same name.",
  ERR_INMEM_BAD_ENTRY_NAME:
    "An entry's name is empty, absolute, holds `..`, NUL or a backslash, or is not UTF-8.",
  ERR_INMEM_ENCRYPTED: "An entry is encrypted.",
  ERR_INMEM_UNSUPPORTED_METHOD:
    "An entry uses a compression method other than stored (0), deflate (8) and zstd (93).",
  ERR_INMEM_BAD_DATA: "An entry's compressed data is damaged or does not have the declared size.",
  ERR_INMEM_BAD_CRC: "An entry's data does not have the CRC-32 that the archive declares.",
  ERR_INMEM_TOO_LARGE:
    "A declared size is beyond what the archive can hold or this process can allocate.",
  ERR_INMEM_NO_MAIN: "The bundle has no __main__.py at its root, and no module was named.",
  ERR_INMEM_BUSY: "Another run() is going in this process.",
  ERR_INMEM_ABORTED:
    "The AbortSignal of a run, or of a call of the bridge, was aborted, and Python ended by KeyboardInterrupt, or had not begun.",
  ERR_INMEM_ABORT_TIMEOUT:
    "The run's AbortSignal was aborted and the program did not end within the grace period.",
  ERR_INMEM_TIMEOUT: "A call of the bridge took longer than its `timeout`.",
  ERR_INMEM_DEADLOCK:
    "A thread of Python needs JavaScript's thread, which is itself blocked in Python.",
  ERR_INMEM_PYTHON: "The Python program ended with an uncaught exception (class PythonError).",
  ERR_INMEM_INTERPRETER: "The interpreter could not be started or is shutting down.",
  ERR_INMEM_INTERPRETER_CLOSED:
    "An interpreter of its own, of `start({ interpreter: 'own' })`, was used after `close()`, or ended under a call.",
  ERR_INMEM_OTHER_INTERPRETER:
    "A Python object was given to an interpreter that it does not belong to.",
  ERR_INMEM_NEEDS_SHARED:
    "An extension module does not support an interpreter with a GIL of its own.",
  ERR_INMEM_SHARED_INTERPRETER: "The interpreter that all environments share was to be closed.",
  ERR_INMEM_BAD_ELF: "A shared object is not a well-formed ELF file.",
  ERR_INMEM_WRONG_MACHINE:
    "A shared object is for another processor, word size or operating system.",
  ERR_INMEM_WRONG_PYTHON: "An extension module is built for another Python version.",
  ERR_INMEM_MISSING_LIBRARY:
    "A shared object needs a library that neither the bundle nor the host has.",
  ERR_INMEM_UNDEFINED_SYMBOL: "A shared object refers to a symbol that nothing defines.",
  ERR_INMEM_LOAD_FAILED: "The dynamic linker refused a shared object.",
  ERR_INMEM_MEMFD: "The kernel refused an anonymous memory file (memfd_create).",
  ERR_INMEM_EXTENSION_CONFLICT:
    "A different build of this extension package is already loaded in this process.",
  ERR_INMEM_LOAD_TIER:
    "The way of loading shared objects that was asked for is refused by this host.",
  ERR_INMEM_SIGNALLED: "The program's own process (run's option `process`) was ended by a signal.",
  ERR_INMEM_KEY:
    "A key file is missing or holds no Ed25519 key of the wanted kind, or a new key would overwrite a file.",
  ERR_INMEM_UNSIGNED: "Verification was asked for, and the bundle carries no signature.",
  ERR_INMEM_BAD_SIGNATURE:
    "The signature is damaged, is by another key, or is not of this manifest.",
  ERR_INMEM_BAD_MANIFEST: "The bundle's manifest, inmem.json, cannot be read.",
  ERR_INMEM_NOT_AS_SIGNED:
    "The archive around the contents is not what the signed manifest says: an entry more or less, another name, size, order or place, bytes that belong to no entry.",
  ERR_INMEM_BAD_DIGEST:
    "An entry's content is not what was signed: it was changed before the run, or while it was going.",
  ERR_INMEM_UNSUPPORTED_PLATFORM: "There is no binary for this platform, processor or C library.",
  ERR_INMEM_NO_BINARY: "The native binary of this package is missing or does not load.",
  ERR_INMEM_BUNDLER: "The bundle could not be made.",
  ERR_INMEM_BENCH: "A way of running a bundle could not be measured.",
  ERR_INMEM_CONFIG:
    "What is to be bundled is described in a way that makes no sense: an unknown key, a wrong value, files that include each other, a file that cannot be read.",
  ERR_INMEM_REQUIREMENTS: "There is no such requirement, or requirements exclude each other.",
  ERR_INMEM_NO_WHEEL:
    "A requirement has no file that fits the platform and the Python that the bundle is for.",
  ERR_INMEM_NEEDS_COMPILER:
    "A requirement has no wheel, and building it from source needs a compiler.",
  ERR_INMEM_INDEX: "A package index cannot be reached, or does not let us in.",
  ERR_INMEM_HASH_MISMATCH:
    "A file that was fetched does not have the hash that is required, or a requirement lacks one where others have it.",
  ERR_INMEM_NO_SPACE: "There is no space left for the files that bundling needs.",
  ERR_INMEM_OUTPUT:
    "What was asked for cannot be written: a bundle, a page, a report, a key, symbols.",
} as const;

/** A permanent code; docs/errors.md tells what to do about each. */
export type InmemErrorCode = keyof typeof errorCodes;
