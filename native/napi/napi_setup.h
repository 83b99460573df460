// native/napi/napi_setup.h: the only include of Node-API's headers.
#pragma once

#define NAPI_VERSION 9
#define NAPI_DISABLE_CPP_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED
// A worker may be terminated between any two calls: what then cannot be thrown
// any more must not abort the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>  // IWYU pragma: export
