// native/bridge/js_object.h: JavaScript objects in Python: the type JsProxy.
#pragma once

#include "cpython/python_setup.h"

#include <cstdint>
#include <memory>

#include "bridge/tape.h"
#include "cpython/owned.h"

namespace inmem::bridge {

class Realm;

// JsProxy and its like, ready for use. False with a Python exception. GIL.
bool MakeJsTypes();

// A new proxy; of the type that its traits ask for. Null with a Python
// exception. GIL.
cpython::Owned MakeJsObject(std::shared_ptr<Realm> realm, std::uint32_t index,
                            std::uint32_t traits);

// JsProxy; borrowed.
PyObject* JsProxyType();

// True where the object is a proxy of this realm: its number. GIL.
bool IndexOf(Realm& realm, PyObject* object, std::uint32_t* index);

// Writes the object as what it is in JavaScript; false: it is no proxy of this
// realm. GIL.
bool PutJsObject(Realm& realm, PyObject* object, Tape* tape);

// The realm of a proxy; null: the object is none. Borrowed.
Realm* RealmOf(PyObject* object);

}  // namespace inmem::bridge
