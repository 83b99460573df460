// native/bridge/scalars.cc: None, bool, int, float and str.
#include "cpython/python_setup.h"

#include "bridge/scalars.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/interpreter.h"
#include "bridge/js_allocation.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

constexpr std::size_t kShortText = 256;

constexpr bool IsSurrogate(char16_t unit) { return (unit & 0xF800) == 0xD800; }

// Calls `use` with the units of a JavaScript string.
template <typename Use>
auto WithText(napi_env env, napi_value value, Use use) {
  std::array<char16_t, kShortText> units;
  std::size_t length = 0;
  napi_get_value_string_utf16(env, value, nullptr, 0, &length);
  if (length < units.size()) {
    napi_get_value_string_utf16(env, value, units.data(), units.size(),
                                &length);
    return use(std::u16string_view(units.data(), length));
  }
  // Our copy, and V8's: it joins the pieces that a text is made of.
  if (!HasRoom(4 * length)) throw std::bad_alloc();
  std::u16string text(length, u'\0');
  napi_get_value_string_utf16(env, value, text.data(), length + 1, &length);
  return use(std::u16string_view(text));
}

struct BigInt {
  int sign = 0;
  std::vector<std::uint64_t> limbs;
};

BigInt ReadBigInt(napi_env env, napi_value value) {
  BigInt read;
  std::size_t count = 0;
  napi_get_value_bigint_words(env, value, nullptr, &count, nullptr);
  read.limbs.resize(count);
  napi_get_value_bigint_words(env, value, &read.sign, &count,
                              read.limbs.data());
  return read;
}

Owned BigIntToPython(napi_env env, napi_value value) {
  std::int64_t small = 0;
  bool lossless = false;
  napi_get_value_bigint_int64(env, value, &small, &lossless);
  if (lossless) return Owned::Steal(PyLong_FromLongLong(small));
  const BigInt big = ReadBigInt(env, value);
  Owned whole = Owned::Steal(PyLong_FromUnsignedNativeBytes(
      big.limbs.data(), big.limbs.size() * sizeof(std::uint64_t),
      Py_ASNATIVEBYTES_LITTLE_ENDIAN));
  if (!whole || big.sign == 0) return whole;
  return Owned::Steal(PyNumber_Negative(whole.get()));
}

napi_value BigIntToJs(napi_env env, PyObject* object);

napi_value LongToJs(napi_env env, PyObject* object) {
  napi_value value = nullptr;
  // Nearly all: one digit of Python's, 30 bits.
  if (PyUnstable_Long_IsCompact(reinterpret_cast<PyLongObject*>(object)) != 0) {
    napi_create_int32(env,
                      static_cast<std::int32_t>(PyUnstable_Long_CompactValue(
                          reinterpret_cast<PyLongObject*>(object))),
                      &value);
    return value;
  }
  int overflow = 0;
  const long long small = PyLong_AsLongLongAndOverflow(object, &overflow);
  if (overflow == 0) {
    constexpr auto kLimit = static_cast<long long>(kMaxSafeInteger);
    if (small >= -kLimit && small <= kLimit) {
      napi_create_double(env, static_cast<double>(small), &value);
      return value;
    }
  }
  return BigIntToJs(env, object);
}

napi_value BigIntToJs(napi_env env, PyObject* object) {
  napi_value value = nullptr;
  int overflow = 0;
  const long long small = PyLong_AsLongLongAndOverflow(object, &overflow);
  if (overflow == 0) {
    napi_create_bigint_int64(env, small, &value);
    return value;
  }
  const bool negative = overflow < 0;
  Owned magnitude = negative ? Owned::Steal(PyNumber_Negative(object))
                             : Owned::Borrow(object);
  if (!magnitude) {
    PyErr_Clear();
    return nullptr;
  }
  const Py_ssize_t bytes = PyLong_AsNativeBytes(
      magnitude.get(), nullptr, 0, Py_ASNATIVEBYTES_UNSIGNED_BUFFER);
  if (bytes > kMaxBigIntBytes) return nullptr;
  std::vector<std::uint64_t> limbs(static_cast<std::size_t>(bytes) / 8 + 1);
  PyLong_AsNativeBytes(
      magnitude.get(), limbs.data(),
      static_cast<Py_ssize_t>(limbs.size() * sizeof(std::uint64_t)),
      Py_ASNATIVEBYTES_LITTLE_ENDIAN | Py_ASNATIVEBYTES_UNSIGNED_BUFFER);
  while (limbs.size() > 1 && limbs.back() == 0) limbs.pop_back();
  napi_create_bigint_words(env, negative ? 1 : 0, limbs.size(), limbs.data(),
                           &value);
  return value;
}

napi_value TextToJs(napi_env env, PyObject* text) {
  napi_value value = nullptr;
  const auto length = static_cast<std::size_t>(PyUnicode_GET_LENGTH(text));
  const void* data = PyUnicode_DATA(text);
  switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND:
      napi_create_string_latin1(env, static_cast<const char*>(data), length,
                                &value);
      break;
    case PyUnicode_2BYTE_KIND:
      napi_create_string_utf16(env, static_cast<const char16_t*>(data), length,
                               &value);
      break;
    default: {
      std::u16string units;
      AppendUtf16(text, &units);
      napi_create_string_utf16(env, units.data(), units.size(), &value);
    }
  }
  return value;
}

}  // namespace

Owned ScalarToPython(napi_env env, napi_value value) {
  // Numbers first, and without a question before: most values are.
  double number = 0;
  if (napi_get_value_double(env, value, &number) == napi_ok) {
    return NumberToPython(number);
  }
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  switch (type) {
    case napi_undefined:
    case napi_null:
      return Owned::Borrow(Py_None);
    case napi_boolean: {
      bool flag = false;
      napi_get_value_bool(env, value, &flag);
      return Owned::Borrow(flag ? Py_True : Py_False);
    }
    case napi_string:
      return OrMemoryError(Owned(),
                           [&] { return WithText(env, value, TextToPython); });
    case napi_bigint:
      return OrMemoryError(Owned(), [&] { return BigIntToPython(env, value); });
    default:
      return {};
  }
}

napi_value ScalarToJs(napi_env env, PyObject* object) {
  napi_value value = nullptr;
  if (PyUnicode_CheckExact(object)) {
    return IsLarge(object) ? nullptr : TextToJs(env, object);
  }
  if (PyLong_CheckExact(object)) return LongToJs(env, object);
  if (PyFloat_CheckExact(object)) {
    napi_create_double(env, PyFloat_AS_DOUBLE(object), &value);
  } else if (object == Py_None) {
    napi_get_null(env, &value);
  } else if (PyBool_Check(object)) {
    napi_get_boolean(env, object == Py_True, &value);
  } else if (IsJsBigInt(object)) {
    return BigIntToJs(env, object);
  } else if (Owned plain = NumpyScalar(object)) {
    return ScalarToJs(env, plain.get());
  }
  return value;
}

bool IsJsBigInt(PyObject* object) {
  return PyLong_Check(object) != 0 && PyLong_CheckExact(object) == 0 &&
         reinterpret_cast<PyObject*>(Py_TYPE(object)) ==
             Interpreter::Current().types.big_int;
}

Owned NumpyScalar(PyObject* object) {
  constexpr std::string_view kNumpy = "numpy.";
  // Not imported here, and cheap for all else: its types are static ones.
  const PyTypeObject* type = Py_TYPE(object);
  if (PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE) != 0) return {};
  std::string_view name = type->tp_name;
  if (!name.starts_with(kNumpy)) return {};
  name.remove_prefix(kNumpy.size());
  constexpr std::array<std::string_view, 20> kNames = {
      "bool",    "bool_",     "int8",     "int16",   "int32",
      "int64",   "uint8",     "uint16",   "uint32",  "uint64",
      "intc",    "uintc",     "longlong", "float16", "float32",
      "float64", "ulonglong", "int_",     "uint",    "half"};
  if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) return {};
  Owned plain = Owned::Steal(PyObject_CallMethod(object, "item", nullptr));
  if (!plain) PyErr_Clear();
  const bool exact =
      plain && (PyLong_CheckExact(plain.get()) ||
                PyFloat_CheckExact(plain.get()) || PyBool_Check(plain.get()));
  return exact ? std::move(plain) : Owned();
}

bool PutScalar(napi_env env, napi_value value, Tape* tape) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  switch (type) {
    case napi_undefined:
      tape->Put(Tag::kUndefined);
      return true;
    case napi_null:
      tape->Put(Tag::kNone);
      return true;
    case napi_boolean: {
      bool flag = false;
      napi_get_value_bool(env, value, &flag);
      tape->Put(flag ? Tag::kTrue : Tag::kFalse);
      return true;
    }
    case napi_number: {
      double number = 0;
      napi_get_value_double(env, value, &number);
      tape->Put(IsIntegral(number) ? Tag::kInt : Tag::kFloat, number);
      return true;
    }
    case napi_string:
      WithText(env, value, [&](std::u16string_view text) {
        tape->Put(Tag::kText, static_cast<double>(text.size()));
        tape->text += text;
      });
      return true;
    case napi_bigint: {
      const BigInt big = ReadBigInt(env, value);
      std::u16string digits = big.sign != 0 ? u"-" : u"";
      for (auto limb = big.limbs.rbegin(); limb != big.limbs.rend(); ++limb) {
        for (int shift = 60; shift >= 0; shift -= 4) {
          digits += u"0123456789abcdef"[(*limb >> shift) & 15];
        }
      }
      if (big.limbs.empty()) digits += u'0';
      tape->Put(Tag::kBigInt, static_cast<double>(digits.size()));
      tape->text += digits;
      return true;
    }
    default:
      return false;
  }
}

Owned TextToPython(std::u16string_view text) {
  const auto length = static_cast<Py_ssize_t>(text.size());
  if (std::none_of(text.begin(), text.end(), IsSurrogate)) {
    return Owned::Steal(
        PyUnicode_FromKindAndData(PyUnicode_2BYTE_KIND, text.data(), length));
  }
  int order = -1;  // little-endian
  return Owned::Steal(
      PyUnicode_DecodeUTF16(reinterpret_cast<const char*>(text.data()),
                            length * 2, "surrogatepass", &order));
}

std::size_t Utf16Length(PyObject* text) {
  const auto length = static_cast<std::size_t>(PyUnicode_GET_LENGTH(text));
  if (PyUnicode_KIND(text) != PyUnicode_4BYTE_KIND) return length;
  const Py_UCS4* points = PyUnicode_4BYTE_DATA(text);
  return length + static_cast<std::size_t>(std::count_if(
                      points, points + length,
                      [](Py_UCS4 point) { return point >= 0x10000; }));
}

std::size_t AppendUtf16(PyObject* text, std::u16string* out) {
  const auto length = static_cast<std::size_t>(PyUnicode_GET_LENGTH(text));
  const std::size_t before = out->size();
  switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND: {
      const Py_UCS1* units = PyUnicode_1BYTE_DATA(text);
      out->append(units, units + length);
      break;
    }
    case PyUnicode_2BYTE_KIND: {
      const Py_UCS2* units = PyUnicode_2BYTE_DATA(text);
      out->append(units, units + length);
      break;
    }
    default: {
      const Py_UCS4* points = PyUnicode_4BYTE_DATA(text);
      for (std::size_t i = 0; i < length; ++i) {
        if (points[i] < 0x10000) {
          out->push_back(static_cast<char16_t>(points[i]));
        } else {
          out->push_back(static_cast<char16_t>(0xD7C0 + (points[i] >> 10)));
          out->push_back(static_cast<char16_t>(0xDC00 + (points[i] & 0x3FF)));
        }
      }
    }
  }
  return out->size() - before;
}

Owned IntOfHex(std::u16string_view digits) {
  const std::string text(digits.begin(), digits.end());
  return Owned::Steal(PyLong_FromString(text.c_str(), nullptr, 16));
}

}  // namespace inmem::bridge
