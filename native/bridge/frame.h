// native/bridge/frame.h: one call of JavaScript's into native.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "bridge/realm.h"
#include "cpython/owned.h"

namespace inmem::bridge {

// Its realm and arguments. What was not given is undefined; as a number 0, or
// what is asked for in its place.
struct Frame {
  // The handle and eight arguments; more go by tape.
  static constexpr std::size_t kMaxArgs = 9;

  Realm* realm = nullptr;
  std::size_t argc = kMaxArgs;
  std::array<napi_value, kMaxArgs> argv = {};

  Frame(napi_env env, napi_callback_info info) {
    void* data = nullptr;
    napi_get_cb_info(env, info, &argc, argv.data(), nullptr, &data);
    realm = static_cast<Realm*>(data);
  }
  std::uint32_t Number(std::size_t i) const {
    std::uint32_t number = 0;
    napi_get_value_uint32(realm->env(), argv[i], &number);
    return number;
  }
  double Double(std::size_t i, double otherwise = 0) const {
    napi_get_value_double(realm->env(), argv[i], &otherwise);
    return otherwise;
  }
  std::int32_t Integer(std::size_t i) const {
    std::int32_t number = 0;
    napi_get_value_int32(realm->env(), argv[i], &number);
    return number;
  }
};

inline napi_value Undefined(const Realm& realm) {
  napi_value value = nullptr;
  napi_get_undefined(realm.env(), &value);
  return value;
}

// The object of that number; null with a Python exception. GIL.
inline cpython::Owned Held(Realm& realm, std::uint32_t number) {
  cpython::Owned object = cpython::Owned::Borrow(realm.handles().Get(number));
  if (!object) {
    PyErr_SetString(PyExc_ReferenceError,
                    "JavaScript does not hold this object any more");
  }
  return object;
}

}  // namespace inmem::bridge
