// bench/start/cpython.c: an addon with CPython alone: its start on JavaScript's
// thread, the stdlib from disk.
#define NAPI_VERSION 9
#include <Python.h>
#include <node_api.h>
#include <stdlib.h>

// A failure is a fault of the benchmark: it ends it.
static void Fail(const char* what) {
  fprintf(stderr, "cpython.c: %s\n", what);
  abort();
}

// start(home): initializes Python as `python3 -I -S` does, but for the streams'
// own modules nothing is read that the interpreter does not need, and runs a
// line. What it costs is the least that any way of starting CPython in Node
// does.
static napi_value Start(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  char home[4096];
  size_t length = 0;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok ||
      napi_get_value_string_utf8(env, argument, home, sizeof home, &length) !=
          napi_ok) {
    Fail("start() wants a path");
  }
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.site_import = 0;
  config.install_signal_handlers = 0;
  PyStatus status = PyConfig_SetBytesString(&config, &config.home, home);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  if (PyStatus_Exception(status)) Fail(status.err_msg);
  if (PyRun_SimpleString("pass\n") != 0) Fail("the program failed");
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value start;
  if (napi_create_function(env, "start", NAPI_AUTO_LENGTH, Start, NULL,
                           &start) != napi_ok) {
    Fail("no function");
  }
  return start;
}
