// native/bridge/scalars.h: None, bool, int, float and str, which cross as
// values of Node-API themselves.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include <cmath>
#include <cstdint>
#include <string_view>

#include "bridge/tape.h"
#include "cpython/owned.h"

namespace inmem::bridge {

// Integers that a double holds without loss: Number.MAX_SAFE_INTEGER.
constexpr double kMaxSafeInteger = 9007199254740991.0;

// Bytes of the largest int that V8 has a BigInt for: 2^30 bits. A larger one
// stays in Python.
constexpr Py_ssize_t kMaxBigIntBytes = (1 << 27) - 8;

// V8's own limit for a string, in units of UTF-16. A longer one stays in
// Python.
constexpr std::size_t kMaxText = (1u << 29) - 24;

// Text that crosses by tape alone.
inline bool IsLarge(PyObject* text) {
  return PyUnicode_GET_LENGTH(text) >= (1 << 20);
}

// True where the number stands for a Python int.
inline bool IsIntegral(double number) {
  if (!(std::abs(number) <= kMaxSafeInteger)) return false;
  const auto whole = static_cast<std::int64_t>(number);
  return static_cast<double>(whole) == number &&
         !(whole == 0 && std::signbit(number));
}

// Its int, or float. GIL.
inline cpython::Owned NumberToPython(double number) {
  return cpython::Owned::Steal(
      IsIntegral(number) ? PyLong_FromLongLong(static_cast<long long>(number))
                         : PyFloat_FromDouble(number));
}

// Python's of a scalar; null without a Python exception where it is none, with
// one where memory ran out. GIL.
cpython::Owned ScalarToPython(napi_env env, napi_value value);

// JavaScript's of an exact None, bool, int, float or str, or a scalar of numpy;
// null where the object is none of these (no Python exception), or large text.
// GIL.
napi_value ScalarToJs(napi_env env, PyObject* object);

// The exact bool, int or float of a number of numpy that one can hold; null,
// and no Python exception, where it is none. GIL.
cpython::Owned NumpyScalar(PyObject* object);

// An int that asks to be a BigInt, however small. GIL.
bool IsJsBigInt(PyObject* object);

// Writes a scalar; false where it is none. No GIL.
bool PutScalar(napi_env env, napi_value value, Tape* tape);

// A str of UTF-16, lone surrogates and all. Null with a Python exception. GIL.
cpython::Owned TextToPython(std::u16string_view text);

// How many units a str has as UTF-16. GIL.
std::size_t Utf16Length(PyObject* text);

// Appends a str as UTF-16; gives how many units. GIL.
std::size_t AppendUtf16(PyObject* text, std::u16string* out);

// An int of sign and hexadecimal digits. GIL.
cpython::Owned IntOfHex(std::u16string_view digits);

}  // namespace inmem::bridge
