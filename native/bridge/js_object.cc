// native/bridge/js_object.cc: JavaScript objects in Python: the type JsProxy.
#include "cpython/python_setup.h"

#include "bridge/js_object.h"

#include <cstdint>
#include <memory>
#include <new>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bridge/interpreter.h"
#include "bridge/realm.h"
#include "bridge/traits.h"
#include "cpython/functions.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;
using cpython::Slot;

namespace {

// A method is a function that keeps its object, JavaScript's `this`; its number
// is the function's, which it holds.
// clang-format off
struct JsObject {
  PyObject_HEAD
  std::shared_ptr<Realm> realm;
  JsFunction function;
  std::uint32_t traits;
  vectorcallfunc call;
  PyObject* weak_references;
  PyObject* of;        // the function, of a method; else null
  PyObject* self;      // of a method, else null
};
// clang-format on

JsObject* Cast(PyObject* object) { return reinterpret_cast<JsObject*>(object); }

void Dealloc(PyObject* self) {
  JsObject* object = Cast(self);
  PyTypeObject* type = Py_TYPE(self);
  // First: callbacks of weak references may get the same object again, by a
  // proxy that lives.
  if (object->of == nullptr) {
    object->realm->ForgetProxy(object->function.index,
                               object->function.reference);
  }
  if (object->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  Py_XDECREF(object->of);
  Py_XDECREF(object->self);
  object->realm.~shared_ptr();
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* VectorCall(PyObject* self, PyObject* const* args, std::size_t flags,
                     PyObject* keywords) {
  JsObject* object = Cast(self);
  const auto count = static_cast<std::size_t>(PyVectorcall_NARGS(flags));
  if (object->self == nullptr) {
    return object->realm->CallFunction(object->function, args, count, keywords)
        .release();
  }
  const std::size_t names =
      keywords != nullptr ? static_cast<std::size_t>(PyTuple_GET_SIZE(keywords))
                          : 0;
  std::vector<PyObject*> all = {object->self};
  all.insert(all.end(), args, args + count + names);
  return object->realm
      ->Call(JsOp::kMethod, object->function.index, all.data(), count + 1,
             keywords)
      .release();
}

// A function that was got from an object, as its method.
Owned MethodOf(PyObject* self, Owned function) {
  JsObject* found = Cast(function.get());
  auto* type = Py_TYPE(function.get());
  Owned made = Owned::Steal(type->tp_alloc(type, 0));
  if (!made) return {};
  JsObject* method = Cast(made.get());
  new (&method->realm) std::shared_ptr<Realm>(found->realm);
  method->function = JsFunction{.index = found->function.index};
  method->traits = found->traits;
  method->call = VectorCall;
  method->of = function.release();
  method->self = Py_NewRef(self);
  return made;
}

// A function that is found in a class of Python's is a method of its instances,
// as Python's own functions are: JavaScript's `this` is the instance. One that
// has an object keeps it.
PyObject* DescriptorGet(PyObject* self, PyObject* instance, PyObject*) {
  const bool is_free = Cast(self)->self == nullptr;
  if (!is_free || instance == nullptr || instance == Py_None) {
    return Py_NewRef(self);
  }
  return MethodOf(instance, Owned::Borrow(self)).release();
}

// One function is got as many objects: what JavaScript has is what counts.
bool IsSameFunction(const JsObject* one, const JsObject* other) {
  return one->realm == other->realm &&
         one->function.index == other->function.index;
}

PyObject* Compare(PyObject* self, PyObject* other, int operation) {
  if (operation != Py_EQ && operation != Py_NE) Py_RETURN_NOTIMPLEMENTED;
  if (self != other) {
    if (RealmOf(Cast(self)->realm->interpreter(), other) == nullptr) {
      Py_RETURN_NOTIMPLEMENTED;
    }
    const bool same = IsSameFunction(Cast(self), Cast(other));
    return PyBool_FromLong(same == (operation == Py_EQ) ? 1 : 0);
  }
  return PyBool_FromLong(operation == Py_EQ ? 1 : 0);
}

Py_hash_t Hash(PyObject* self) {
  const JsObject* object = Cast(self);
  const Py_hash_t of_realm = Py_HashPointer(object->realm.get());
  const Py_hash_t hash =
      of_realm ^ static_cast<Py_hash_t>(object->function.index);
  return hash == -1 ? -2 : hash;
}

// Python's own attributes first: __class__, __doc__ and their like.
PyObject* GetAttribute(PyObject* self, PyObject* name) {
  Owned own = Owned::Steal(PyObject_GenericGetAttr(self, name));
  if (own || PyErr_ExceptionMatches(PyExc_AttributeError) == 0) {
    return own.release();
  }
  PyErr_Clear();
  JsObject* object = Cast(self);
  Owned value = object->realm->Call(JsOp::kGet, object->function.index, &name,
                                    1, nullptr);
  if (!value) return nullptr;
  if (value.get() == object->realm->interpreter().missing) {
    PyErr_Format(PyExc_AttributeError, "a JavaScript object has no %R", name);
    return nullptr;
  }
  const bool is_function =
      RealmOf(object->realm->interpreter(), value.get()) != nullptr &&
      (Cast(value.get())->traits & kJsCallable) != 0;
  return is_function ? MethodOf(self, std::move(value)).release()
                     : value.release();
}

// What Python has of that name itself would be read, and not what was set.
bool IsPythons(PyObject* self, PyObject* name) {
  if (_PyType_Lookup(Py_TYPE(self), name) == nullptr) return false;
  PyErr_Format(PyExc_AttributeError,
               "%R of %T is Python's own (expected as_object_map()[%R] for a "
               "member of the JavaScript object)",
               name, self, name);
  return true;
}

int SetAttribute(PyObject* self, PyObject* name, PyObject* value) {
  JsObject* object = Cast(self);
  if (value != nullptr && IsPythons(self, name)) return -1;
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

bool MakeType(const char* name, PyObject* base, PyType_Slot* slots,
              unsigned int flags, PyObject** type) {
  PyType_Spec spec = {name, sizeof(JsObject), 0,
                      flags | static_cast<unsigned int>(
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |
                                  Py_TPFLAGS_DISALLOW_INSTANTIATION),
                      slots};
  *type = PyType_FromSpecWithBases(&spec, base);
  return *type != nullptr;
}

}  // namespace

bool MakeJsTypes(Interpreter& interpreter) {
  auto& types = interpreter.types;
  if (types.proxy != nullptr) return true;
  PyType_Slot object_slots[] = {{Py_tp_dealloc, Slot(Dealloc)},
                                {Py_tp_getattro, Slot(GetAttribute)},
                                {Py_tp_setattro, Slot(SetAttribute)},
                                {Py_tp_members, kObjectMembers},
                                {0, nullptr}};
  PyType_Slot function_slots[] = {{Py_tp_call, Slot(PyVectorcall_Call)},
                                  {Py_tp_descr_get, Slot(DescriptorGet)},
                                  {Py_tp_richcompare, Slot(Compare)},
                                  {Py_tp_hash, Slot(Hash)},
                                  {Py_tp_members, kMembers},
                                  {0, nullptr}};
  return MakeType("inmem.ffi.JsProxy", nullptr, object_slots, 0,
                  &types.proxy) &&
         MakeType("inmem.ffi.JsCallable", types.proxy, function_slots,
                  Py_TPFLAGS_HAVE_VECTORCALL, &types.callable);
}

namespace {

// Borrowed, kept; null with a Python exception.
PyTypeObject* TypeFor(Interpreter& interpreter, std::uint32_t traits) {
  auto& types = interpreter.types;
  PyObject* known = types.by_traits[traits];
  if (known == nullptr && types.choose != nullptr) {
    Owned number = Owned::Steal(PyLong_FromUnsignedLong(traits));
    known = number ? PyObject_CallOneArg(types.choose, number.get()) : nullptr;
    types.by_traits[traits] = known;
  }
  return reinterpret_cast<PyTypeObject*>(known);
}

}  // namespace

Owned MakeJsObject(std::shared_ptr<Realm> realm, std::uint32_t index,
                   std::uint32_t traits) {
  PyTypeObject* type = TypeFor(realm->interpreter(), traits);
  if (type == nullptr) return {};
  Owned made = Owned::Steal(type->tp_alloc(type, 0));
  if (!made) return {};
  JsObject* object = Cast(made.get());
  new (&object->realm) std::shared_ptr<Realm>(std::move(realm));
  object->function = JsFunction{.index = index};
  object->traits = traits;
  object->call = VectorCall;
  return made;
}

Realm* RealmOf(const Interpreter& interpreter, PyObject* object) {
  auto* type = reinterpret_cast<PyTypeObject*>(interpreter.types.proxy);
  if (type == nullptr || PyObject_TypeCheck(object, type) == 0) return nullptr;
  return Cast(object)->realm.get();
}

bool IndexOf(Realm& realm, PyObject* object, std::uint32_t* index) {
  if (RealmOf(realm.interpreter(), object) != &realm) return false;
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

PyObject* JsOperation(PyObject*, PyObject* const* args, Py_ssize_t count) {
  Realm* realm =
      count >= 2 ? RealmOf(Interpreter::Current(), args[0]) : nullptr;
  if (realm == nullptr) {
    PyErr_SetString(PyExc_TypeError, "expected a JsProxy and an operation");
    return nullptr;
  }
  return realm
      ->Call(JsOp::kOther, Cast(args[0])->function.index, args + 1,
             static_cast<std::size_t>(count - 1), nullptr)
      .release();
}

PyObject* JsView(PyObject*, PyObject* const* args, Py_ssize_t count) {
  Realm* realm =
      count == 2 ? RealmOf(Interpreter::Current(), args[0]) : nullptr;
  auto* base =
      reinterpret_cast<PyTypeObject*>(Interpreter::Current().types.proxy);
  if (realm == nullptr || PyType_Check(args[1]) == 0 ||
      PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(args[1]), base) == 0) {
    PyErr_SetString(PyExc_TypeError, "expected a JsProxy and a class of them");
    return nullptr;
  }
  auto* type = reinterpret_cast<PyTypeObject*>(args[1]);
  Owned made = Owned::Steal(type->tp_alloc(type, 0));
  if (!made) return nullptr;
  JsObject* seen = Cast(args[0]);
  JsObject* view = Cast(made.get());
  new (&view->realm) std::shared_ptr<Realm>(seen->realm);
  view->function = JsFunction{.index = seen->function.index};
  view->traits = seen->traits;
  view->call = VectorCall;
  view->of = Py_NewRef(args[0]);
  return made.release();
}

PyObject* JsIsOpen(PyObject*, PyObject* proxy) {
  Realm* realm = RealmOf(Interpreter::Current(), proxy);
  return PyBool_FromLong(realm != nullptr && !realm->closed());
}

PyObject* JsLeave(PyObject*, PyObject* proxy) {
  if (Realm* realm = RealmOf(Interpreter::Current(), proxy)) realm->Leave();
  Py_RETURN_NONE;
}

PyObject* JsNotify(PyObject*, PyObject* const* args, Py_ssize_t count) {
  Realm* realm =
      count >= 1 ? RealmOf(Interpreter::Current(), args[0]) : nullptr;
  if (realm == nullptr) {
    PyErr_SetString(PyExc_TypeError, "expected a JsProxy");
    return nullptr;
  }
  const bool told = realm->Notify(Cast(args[0])->function.index, args + 1,
                                  static_cast<std::size_t>(count - 1));
  if (PyErr_Occurred() != nullptr) return nullptr;
  return PyBool_FromLong(told ? 1 : 0);
}

PyObject* JsNew(PyObject*, PyObject* const* args, Py_ssize_t count,
                PyObject* keywords) {
  Realm* realm =
      count >= 1 ? RealmOf(Interpreter::Current(), args[0]) : nullptr;
  if (realm == nullptr) {
    PyErr_SetString(PyExc_TypeError, "expected a JsProxy");
    return nullptr;
  }
  return realm
      ->Call(JsOp::kNew, Cast(args[0])->function.index, args + 1,
             static_cast<std::size_t>(count - 1), keywords)
      .release();
}

}  // namespace inmem::bridge
