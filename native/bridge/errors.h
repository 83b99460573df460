// native/bridge/errors.h: exceptions of one engine in the other.
#pragma once

#include "cpython/python_setup.h"
#include "napi/napi_setup.h"

#include "bridge/realm.h"
#include "bridge/tape.h"
#include "cpython/owned.h"

namespace inmem::bridge {

// The JavaScript environment of a proxy has ended. Gives null. GIL.
cpython::Owned RaiseClosed();

// A thread waits for JavaScript's, which waits for another one in Python:
// RuntimeError with the code ERR_INMEM_DEADLOCK. GIL.
void RaiseDeadlock();

// The JavaScript exception that is pending becomes Python's: RecursionError
// where JavaScript's stack is used up. Gives null. GIL, JavaScript's thread.
cpython::Owned RaisePending(Realm& realm);

// A result or error that JavaScript gave: the value, or null with the exception
// raised. GIL.
cpython::Owned ReadResult(Realm& realm, Kind kind, const Tape& tape);

// The Python exception that is raised goes to JavaScript: sets the kind
// (kError, or kThrown where it came from there), and gives its number. GIL,
// JavaScript's thread.
napi_value Fail(Realm& realm);

// The proxy of what this realm's JavaScript threw, where the exception stands
// for that; null without an exception where it does not. GIL.
cpython::Owned ThrownBehind(Realm& realm, PyObject* error);

}  // namespace inmem::bridge
