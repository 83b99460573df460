// native/bridge/backing_store.h: V8's own hold on the memory of an ArrayBuffer.
#pragma once

#include "napi/napi_setup.h"

#include <memory>

namespace inmem::bridge {

// v8::BackingStore. ArrayBuffers come and go over it: transfer() and
// postMessage() give it to another one.
struct BackingStore;

// That of an ArrayBuffer or SharedArrayBuffer whose memory begins at `first`.
// Null: Node-API has no way to it, V8's functions are looked up by name, and
// these are not there, or not of our standard library (Electron). JavaScript's
// thread.
std::shared_ptr<BackingStore> StoreOf(napi_value buffer, const void* first);

}  // namespace inmem::bridge
