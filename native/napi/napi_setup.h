// native/napi/napi_setup.h: the only include of Node-API's headers.
#pragma once

#define NAPI_VERSION 9
#define NAPI_DISABLE_CPP_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED
#include <napi.h>  // IWYU pragma: export
