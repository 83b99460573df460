// native/bridge/js_object.cc: JavaScript objects in Python: the type JsProxy.
#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include "bridge/js_object.h"

#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "bridge/realm.h"
#include "bridge/traits.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

struct JsObject {
  PyObject_HEAD std::shared_ptr<Realm> realm;
  JsFunction function;
  std::uint32_t traits;
  vectorcallfunc call;
  PyObject* weak_references;
};

PyObject* object_type = nullptr;    // JsProxy
PyObject* function_type = nullptr;  // JsCallable

JsObject* Cast(PyObject* object) { return reinterpret_cast<JsObject*>(object); }

void Dealloc(PyObject* self) {
  JsObject* object = Cast(self);
  PyTypeObject* type = Py_TYPE(self);
  if (object->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  object->realm->ForgetProxy(object->function.index,
                             object->function.reference);
  object->realm.~shared_ptr();
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* VectorCall(PyObject* self, PyObject* const* args, std::size_t flags,
                     PyObject* keywords) {
  JsObject* object = Cast(self);
  return object->realm
      ->CallFunction(object->function, args,
                     static_cast<std::size_t>(PyVectorcall_NARGS(flags)),
                     keywords)
      .release();
}

// Python's own attributes first: __class__, __doc__ and their like.
PyObject* GetAttribute(PyObject* self, PyObject* name) {
  Owned own = Owned::Steal(PyObject_GenericGetAttr(self, name));
  if (own || PyErr_ExceptionMatches(PyExc_AttributeError) == 0) {
    return own.release();
  }
  PyErr_Clear();
  JsObject* object = Cast(self);
  return object->realm
      ->Call(JsOp::kGet, object->function.index, &name, 1, nullptr)
      .release();
}

int SetAttribute(PyObject* self, PyObject* name, PyObject* value) {
  JsObject* object = Cast(self);
  PyObject* args[] = {name, value};
  Owned done = value != nullptr
                   ? object->realm->Call(JsOp::kSet, object->function.index,
                                         args, 2, nullptr)
                   : object->realm->Call(JsOp::kDelete, object->function.index,
                                         args, 1, nullptr);
  return done ? 0 : -1;
}

PyMemberDef kMembers[] = {
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(JsObject, call),
     Py_READONLY, nullptr},
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(JsObject, weak_references),
     Py_READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

PyMemberDef kObjectMembers[] = {
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(JsObject, weak_references),
     Py_READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

template <typename Function>
void* Slot(Function* function) {
  return reinterpret_cast<void*>(function);
}

bool MakeType(const char* name, PyObject* base, PyType_Slot* slots,
              unsigned int flags, PyObject** type) {
  PyType_Spec spec = {name, sizeof(JsObject), 0,
                      flags | Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |
                          Py_TPFLAGS_DISALLOW_INSTANTIATION,
                      slots};
  *type = PyType_FromSpecWithBases(&spec, base);
  return *type != nullptr;
}

}  // namespace

bool MakeJsTypes() {
  if (object_type != nullptr) return true;
  PyType_Slot object_slots[] = {{Py_tp_dealloc, Slot(Dealloc)},
                                {Py_tp_getattro, Slot(GetAttribute)},
                                {Py_tp_setattro, Slot(SetAttribute)},
                                {Py_tp_members, kObjectMembers},
                                {0, nullptr}};
  PyType_Slot function_slots[] = {{Py_tp_call, Slot(PyVectorcall_Call)},
                                  {Py_tp_members, kMembers},
                                  {0, nullptr}};
  return MakeType("inmem.ffi.JsProxy", nullptr, object_slots, 0,
                  &object_type) &&
         MakeType("inmem.ffi.JsCallable", object_type, function_slots,
                  Py_TPFLAGS_HAVE_VECTORCALL, &function_type);
}

PyObject* JsProxyType() { return object_type; }

Owned MakeJsObject(std::shared_ptr<Realm> realm, std::uint32_t index,
                   std::uint32_t traits) {
  auto* type = reinterpret_cast<PyTypeObject*>(
      (traits & kJsCallable) != 0 ? function_type : object_type);
  Owned made = Owned::Steal(type->tp_alloc(type, 0));
  if (!made) return {};
  JsObject* object = Cast(made.get());
  new (&object->realm) std::shared_ptr<Realm>(std::move(realm));
  object->function = JsFunction{.index = index};
  object->traits = traits;
  object->call = VectorCall;
  return made;
}

Realm* RealmOf(PyObject* object) {
  if (object_type == nullptr ||
      PyObject_TypeCheck(object,
                         reinterpret_cast<PyTypeObject*>(object_type)) == 0) {
    return nullptr;
  }
  return Cast(object)->realm.get();
}

bool IndexOf(Realm& realm, PyObject* object, std::uint32_t* index) {
  if (RealmOf(object) != &realm) return false;
  *index = Cast(object)->function.index;
  return true;
}

bool PutJsObject(Realm& realm, PyObject* object, Tape* tape) {
  std::uint32_t index = 0;
  if (!IndexOf(realm, object, &index)) return false;
  tape->Put(Tag::kObject, index);
  tape->words.push_back(Cast(object)->traits);
  return true;
}

}  // namespace inmem::bridge
