// native/bridge/protocol.h: numbers that both engines know;
// lib/bridge/native.ts has the same.
#pragma once

#include <cstddef>
#include <cstdint>

namespace inmem::bridge {

// What a value is that crosses by a function of Node-API.
enum class Kind : std::int32_t {
  kValue = 0,   // the value itself: a scalar
  kHandle = 1,  // number of a Python object; its traits in Register::kTraits
  kObject = 2,  // number of a JavaScript object; its traits likewise
  kTape = 3,    // written on the tape; the value holds text and blobs
  kError = 4,   // number of a Python exception: thrown
  kThrown = 5,  // number of a JavaScript error: thrown
};

// Words that both engines read and write, beside arguments and results: an
// Int32Array of JavaScript's.
enum class Register : std::size_t {
  kKind = 0,
  kTraits = 1,
  kTags = 2,        // bytes on the tape
  kWords = 3,       // words on the tape
  kTape = 4,        // which tape, to native
  kHandles = 5,     // bit i: argument i is a number of a Python object
  kReleased = 6,    // 1: native holds JavaScript objects to be released
  kObjects = 7,     // bit i: argument i is a number of a JavaScript object
  kArgTraits = 8,   // of argument i, to JavaScript: 16 of them
  kOpenTapes = 24,  // tapes that JavaScript is at writing, or native at reading
  kCount = 32,
};

// What JavaScript does for native: dispatch(op, object, ...arguments). Where
// the register kKind says kTape there is one argument, the extras of a tape
// with the tuple of arguments and the dict of keyword arguments.
enum class JsOp : std::int32_t {
  kCall = 0,
  kNew = 1,
  kGet = 2,       // name
  kSet = 3,       // name, value
  kDelete = 4,    // name
  kRelease = 5,   // no object: take what was released
  kOther = 6,     // name of an operation of lib/bridge/js-operations.ts, ...
  kSettle = 7,    // no object, number of an asynchronous call: answer, Answer
  kWithin = 8,    // tape, number of an asynchronous call, JsOp: for that call
  kFunction = 9,  // nothing: gives the function itself
  kGive = 10,     // no object: what a function gave, as dispatch would give it
  kThrow = 11,    // no object: what it threw, likewise
  kMethod = 12,   // `this`, arguments
  kPromise = 13,  // number of a future, what is awaited: lib/bridge/promises.ts
  kDrop = 14,     // no object: gives the arguments back, and does nothing
  kNotify = 15,   // a call whose result and whose error nobody wants
};

// What came of the wish to end an interpreter.
enum class Closing : std::int32_t {
  kBegun = 0,
  kInPython = 1,  // JavaScript was called by Python: not before it is back
  kNoThread = 2,  // the system gives none
};

}  // namespace inmem::bridge
