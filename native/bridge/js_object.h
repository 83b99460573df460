// native/bridge/js_object.h: JavaScript objects in Python: the type JsProxy.
#pragma once

#include "cpython/python_setup.h"

#include <cstdint>
#include <memory>

#include "bridge/tape.h"
#include "cpython/owned.h"

namespace inmem::bridge {

class Interpreter;
class Realm;

// JsProxy and its like, ready for use. False with a Python exception. GIL.
bool MakeJsTypes(Interpreter& interpreter);

// A new proxy; of the type that its traits ask for. Null with a Python
// exception. GIL.
cpython::Owned MakeJsObject(std::shared_ptr<Realm> realm, std::uint32_t index,
                            std::uint32_t traits);

// _inmem_bridge.js(proxy, name, ...): an operation of
// lib/bridge/js-operations.ts.
PyObject* JsOperation(PyObject* module, PyObject* const* args,
                      Py_ssize_t count);

// _inmem_bridge.js_view(proxy, type): the same object in JavaScript, with the
// protocols of another class, for Python alone.
PyObject* JsView(PyObject* module, PyObject* const* args, Py_ssize_t count);

// _inmem_bridge.is_open(proxy): whether its environment is still there.
PyObject* JsIsOpen(PyObject* module, PyObject* proxy);

// _inmem_bridge.js_notify(function, ...): Realm::Notify(); false where its
// environment has ended.
PyObject* JsNotify(PyObject* module, PyObject* const* args, Py_ssize_t count);

// _inmem_bridge.js_leave(proxy): in a child of fork(), its environment is gone.
PyObject* JsLeave(PyObject* module, PyObject* proxy);

// _inmem_bridge.js_new(proxy, ...): JavaScript's `new`.
PyObject* JsNew(PyObject* module, PyObject* const* args, Py_ssize_t count,
                PyObject* keywords);

// True where the object is a proxy of this realm: its number. GIL.
bool IndexOf(Realm& realm, PyObject* object, std::uint32_t* index);

// Writes the object as what it is in JavaScript; false: it is no proxy of this
// realm. GIL.
bool PutJsObject(Realm& realm, PyObject* object, Tape* tape);

// The realm of a proxy; null: the object is none. Borrowed.
Realm* RealmOf(const Interpreter& interpreter, PyObject* object);

}  // namespace inmem::bridge
