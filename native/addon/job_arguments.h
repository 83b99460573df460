// native/addon/job_arguments.h: what a run or a session is given, read from
// JavaScript, which has checked it.
#pragma once

#include "napi/napi_setup.h"

#include <cstdint>
#include <string>
#include <vector>

#include "interpreter/job.h"

namespace inmem::addon {

Napi::Value Field(const Napi::Object& object, const char* name);
Napi::Value Element(const Napi::Array& array, std::uint32_t index);

// The environment as it is: on JavaScript's thread, which changes it.
std::vector<std::string> ReadEnvironment();

// All but the host. May leave a JS exception pending.
interpreter::Job ReadJob(const Napi::Object& object);

}  // namespace inmem::addon
