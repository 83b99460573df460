// native/bridge/traits.h: what an object can do, as bits that cross with its
// number; lib/bridge/native.ts has the same.
#pragma once

#include "cpython/python_setup.h"

#include <cstdint>

namespace inmem::bridge {

// Of a Python object, by the slots of its type.
enum PythonTrait : std::uint32_t {
  kPyCallable = 1u << 0,
  kPyIterable = 1u << 1,
  kPyIterator = 1u << 2,
  kPyLength = 1u << 3,
  kPyMapping = 1u << 4,   // items by key: a dict, a mapping
  kPySequence = 1u << 5,  // items by position: a list, a tuple
  kPySubscript = 1u << 6,
  kPyBuffer = 1u << 7,
  kPyAwaitable = 1u << 8,
  kPyAsyncIterable = 1u << 9,
  kPyAsyncIterator = 1u << 10,
  kPyException = 1u << 11,
  kPyClass = 1u << 12,
  kPyGenerator = 1u << 13,
  kPyAsyncGenerator = 1u << 14,
  kPyCoroutine = 1u << 15,
};

// Of a JavaScript object.
enum JsTrait : std::uint32_t {
  kJsCallable = 1u << 0,
  kJsIterable = 1u << 1,
  kJsAsyncIterable = 1u << 2,
  kJsArray = 1u << 3,
  kJsTypedArray = 1u << 4,  // ArrayBuffer, its views, SharedArrayBuffer
  kJsMap = 1u << 5,
  kJsSet = 1u << 6,
  kJsPromise = 1u << 7,  // has a callable `then`
  kJsError = 1u << 8,
  kJsLength = 1u << 9,  // `length` or `size` is a number
  kJsIterator = 1u << 10,
  // Methods so named, of what is neither Array, Map, Set nor function.
  kJsGet = 1u << 11,
  kJsSetItem = 1u << 12,
  kJsHas = 1u << 13,
  kJsDelete = 1u << 14,
  kJsDispose = 1u << 15,
  kJsAsyncDispose = 1u << 16,
  kJsAsyncFunction = 1u << 17,  // gives a Promise whenever it is called
};

inline std::uint32_t TraitsOf(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  std::uint32_t traits = 0;
  if (type->tp_call != nullptr) traits |= kPyCallable;
  if (type->tp_iter != nullptr) traits |= kPyIterable;
  if (PyIter_Check(object)) traits |= kPyIterator;
  const PySequenceMethods* sequence = type->tp_as_sequence;
  const PyMappingMethods* mapping = type->tp_as_mapping;
  if ((sequence != nullptr && sequence->sq_length != nullptr) ||
      (mapping != nullptr && mapping->mp_length != nullptr)) {
    traits |= kPyLength;
  }
  if (mapping != nullptr && mapping->mp_subscript != nullptr) {
    traits |= kPySubscript;
  }
  if (PyDict_Check(object) ||
      PyType_HasFeature(type, Py_TPFLAGS_MAPPING) != 0) {
    traits |= kPyMapping;
  }
  // The flag is for `match`, which takes no bytes for sequences.
  if (PyType_HasFeature(type, Py_TPFLAGS_SEQUENCE) != 0 ||
      PyByteArray_Check(object) || PyBytes_Check(object)) {
    traits |= kPySequence;
  }
  if (sequence != nullptr && sequence->sq_item != nullptr) {
    traits |= kPySubscript | kPyIterable;
  }
  if (PyObject_CheckBuffer(object)) traits |= kPyBuffer;
  const PyAsyncMethods* async = type->tp_as_async;
  if (async != nullptr) {
    if (async->am_await != nullptr) traits |= kPyAwaitable;
    if (async->am_aiter != nullptr) traits |= kPyAsyncIterable;
    if (async->am_anext != nullptr) traits |= kPyAsyncIterator;
  }
  if (PyGen_CheckExact(object)) {
    traits |= kPyGenerator;
    // What types.coroutine() made can be awaited as well.
    const auto* code = reinterpret_cast<PyCodeObject*>(
        PyGen_GetCode(reinterpret_cast<PyGenObject*>(object)));
    if ((code->co_flags & CO_ITERABLE_COROUTINE) != 0) traits |= kPyAwaitable;
    Py_DECREF(code);
  }
  if (PyAsyncGen_CheckExact(object)) traits |= kPyAsyncGenerator;
  if (PyCoro_CheckExact(object)) traits |= kPyCoroutine;
  if (PyExceptionInstance_Check(object)) traits |= kPyException;
  if (PyType_Check(object)) traits |= kPyClass;
  return traits;
}

// Whether the class has code for the attribute, a property for one. Where that
// raises AttributeError the attribute is there, and `undefined` would hide the
// fault. Slots that were not filled raise it too, and mean what it says.
inline bool IsComputed(PyTypeObject* type, PyObject* name) {
  PyObject* found = _PyType_Lookup(type, name);  // borrowed
  return found != nullptr && Py_TYPE(found)->tp_descr_get != nullptr &&
         !Py_IS_TYPE(found, &PyMemberDescr_Type) &&
         !Py_IS_TYPE(found, &PyGetSetDescr_Type);
}

}  // namespace inmem::bridge
