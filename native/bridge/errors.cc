// native/bridge/errors.cc: exceptions of one engine in the other.
#include "cpython/python_setup.h"

#include "bridge/errors.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "base/status.h"
#include "bridge/end_watch.h"
#include "bridge/from_tape.h"
#include "bridge/interpreter.h"
#include "bridge/js_object.h"
#include "bridge/realm.h"
#include "bridge/tape.h"
#include "bridge/traits.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

std::string TextOf(napi_env env, napi_value value) {
  napi_value text = nullptr;
  std::array<char, 512> buffer = {};
  std::size_t length = 0;
  if (napi_coerce_to_string(env, value, &text) != napi_ok) return "";
  napi_get_value_string_utf8(env, text, buffer.data(), buffer.size(), &length);
  return {buffer.data(), length};
}

// The error's own proxy is the exception's `js_error`.
void RaiseThrown(const Interpreter& interpreter, PyObject* error) {
  if (PyExceptionInstance_Check(error)) {
    PyErr_SetRaisedException(Py_NewRef(error));
    return;
  }
  PyObject* make = interpreter.errors.make;
  Owned made = Owned::Steal(make != nullptr ? PyObject_CallOneArg(make, error)
                                            : nullptr);
  if (!made) return;
  if (PyExceptionInstance_Check(made.get())) {
    PyErr_SetRaisedException(made.release());
  }
}

}  // namespace

Owned RaiseClosed() {
  PyErr_SetString(PyExc_RuntimeError,
                  "the JavaScript environment of this object has ended");
  return {};
}

void RaiseDeadlock() {
  PyErr_SetString(
      PyExc_RuntimeError,
      "this thread of Python needs JavaScript's thread, which itself waits in "
      "Python for another thread (expected it free: call by callAsync() what "
      "waits for threads)");
  Owned error = Owned::Steal(PyErr_GetRaisedException());
  Owned code = Owned::Steal(PyUnicode_FromString(
      std::string(ErrorName(ErrorCode::kDeadlock)).c_str()));
  if (code) PyObject_SetAttrString(error.get(), "inmem_code", code.get());
  PyErr_SetRaisedException(error.release());
}

Owned RaisePending(Realm& realm) {
  napi_value error = nullptr;
  if (napi_get_and_clear_last_exception(realm.env(), &error) != napi_ok ||
      error == nullptr) {
    return RaiseClosed();
  }
  if (EndWatch::Take(true)) return {};
  const std::string text = TextOf(realm.env(), error);
  PyErr_SetString(
      text.starts_with("RangeError: Maximum call stack") ? PyExc_RecursionError
                                                         : PyExc_RuntimeError,
      text.empty() ? "JavaScript could not be called" : text.c_str());
  return {};
}

Owned ReadResult(Realm& realm, Kind kind, const Tape& tape) {
  TapeReader reader(realm, tape);
  Owned value = reader.Next();
  if (!value || (kind != Kind::kError && kind != Kind::kThrown)) return value;
  RaiseThrown(realm.interpreter(), value.get());
  if (PyErr_Occurred() == nullptr) {
    PyErr_SetString(PyExc_SystemError, "JavaScript threw nothing");
  }
  return {};
}

Owned ThrownBehind(Realm& realm, PyObject* error) {
  PyObject* type = realm.interpreter().errors.type;
  if (type == nullptr || PyErr_GivenExceptionMatches(error, type) == 0) {
    return {};
  }
  Owned proxy = Owned::Steal(PyObject_GetAttrString(error, "js_error"));
  PyErr_Clear();
  std::uint32_t index = 0;
  return proxy && IndexOf(realm, proxy.get(), &index) ? std::move(proxy)
                                                      : Owned();
}

napi_value Fail(Realm& realm) {
  Owned error = Owned::Steal(PyErr_GetRaisedException());
  napi_value number = nullptr;
  if (!error) {
    PyErr_SetString(PyExc_SystemError, "an error without an exception");
    error = Owned::Steal(PyErr_GetRaisedException());
  }
  std::uint32_t thrown_index = 0;
  Owned thrown = ThrownBehind(realm, error.get());
  if (thrown && IndexOf(realm, thrown.get(), &thrown_index)) {
    realm.SetKind(Kind::kThrown);
    napi_create_uint32(realm.env(), thrown_index, &number);
    return number;
  }
  const std::uint32_t index = realm.handles().Send(error.get());
  realm.Reg(Register::kTraits) =
      static_cast<std::int32_t>(TraitsOf(error.get()));
  realm.SetKind(Kind::kError);
  napi_create_uint32(realm.env(), index, &number);
  return number;
}

}  // namespace inmem::bridge
