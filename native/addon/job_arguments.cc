// native/addon/job_arguments.cc: what a run or a session is given, read from
// JavaScript.
#include "napi/napi_setup.h"

#include "addon/job_arguments.h"

#include <unistd.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "interpreter/bundles.h"
#include "interpreter/job.h"
#include "interpreter/verification.h"
#include "loader/loader.h"
#include "loader/tier.h"

namespace inmem::addon {

using interpreter::Job;

// A worker that is being terminated gives no value at all, and node-addon-api
// aborts on the next use of that: here it is `undefined`.
Napi::Value Field(const Napi::Object& object, const char* name) {
  Napi::Value value = object.Get(name);
  return value.IsEmpty() ? object.Env().Undefined() : value;
}

Napi::Value Element(const Napi::Array& array, std::uint32_t index) {
  Napi::Value value = array.Get(index);
  return value.IsEmpty() ? array.Env().Undefined() : value;
}

namespace {

// True for `true` alone: coercion would be a call into JavaScript.
bool Flag(const Napi::Object& object, const char* name) {
  Napi::Value value = Field(object, name);
  bool flag = false;
  napi_get_value_bool(value.Env(), value, &flag);
  return flag;
}

std::vector<std::string> ReadTexts(const Napi::Value& value) {
  std::vector<std::string> texts;
  auto array = value.As<Napi::Array>();
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    texts.push_back(Element(array, i).As<Napi::String>().Utf8Value());
  }
  return texts;
}

// A buffer is copied: JavaScript may change or detach it while Python reads.
interpreter::Bundle ReadBundle(const Napi::Value& value) {
  interpreter::Bundle bundle;
  if (value.IsString()) {
    bundle.path = value.As<Napi::String>().Utf8Value();
    return bundle;
  }
  auto object = value.As<Napi::Object>();
  Napi::Value folder = Field(object, "folder");
  if (folder.IsString()) {
    bundle.path = folder.As<Napi::String>().Utf8Value();
    bundle.is_folder = true;
    return bundle;
  }
  auto bytes = Field(object, "bytes").As<Napi::Uint8Array>();
  Napi::Value name = Field(object, "name");
  if (name.IsString()) bundle.path = name.As<Napi::String>().Utf8Value();
  interpreter::HoldCopy(
      {reinterpret_cast<const std::byte*>(bytes.Data()), bytes.ByteLength()},
      &bundle);
  return bundle;
}

loader::Policy ReadPolicy(const Napi::Object& object) {
  loader::Policy policy;
  const std::string load = Field(object, "load").As<Napi::String>().Utf8Value();
  policy.tier.wish =
      loader::WishOf(load).value_or(loader::TierChoice::Wish::kAuto);
  policy.tier.pin = Flag(object, "pin");
  policy.host_libraries = ReadTexts(Field(object, "hostLibraries"));
  return policy;
}

}  // namespace

std::vector<std::string> ReadEnvironment() {
  std::vector<std::string> environment;
  for (char** pair = environ; pair != nullptr && *pair != nullptr; ++pair) {
    environment.emplace_back(*pair);
  }
  return environment;
}

Job ReadJob(const Napi::Object& object) {
  Job job;
  auto bundles = Field(object, "bundles").As<Napi::Array>();
  for (std::uint32_t i = 0; i < bundles.Length(); ++i) {
    job.bundles.push_back(ReadBundle(Element(bundles, i)));
  }
  job.args = ReadTexts(Field(object, "args"));
  Napi::Value module = Field(object, "module");
  if (module.IsString()) job.module = module.As<Napi::String>().Utf8Value();
  Napi::Value script = Field(object, "script");
  if (script.IsString()) job.script = script.As<Napi::String>().Utf8Value();
  job.cwd = Field(object, "cwd").As<Napi::String>().Utf8Value();
  job.cwd_given = Flag(object, "cwdGiven");
  auto pipes = Field(object, "pipes").As<Napi::Object>();
  job.pipe_stdin = Flag(pipes, "stdin");
  job.pipe_stdout = Flag(pipes, "stdout");
  job.pipe_stderr = Flag(pipes, "stderr");
  job.report = Flag(object, "report");
  Napi::Value policy = Field(object, "policy");
  if (policy.IsObject()) job.policy = ReadPolicy(policy.As<Napi::Object>());
  Napi::Value verify = Field(object, "verification");
  if (verify.IsString()) {
    // One that is misspelled stands for a key that nothing is signed with.
    job.verification =
        interpreter::ReadVerification(verify.As<Napi::String>().Utf8Value())
            .value_or(interpreter::Verification{});
  }
  Napi::Value signals = Field(object, "signals");
  if (signals.IsObject()) {
    job.signals.python = Flag(signals.As<Napi::Object>(), "python");
    job.signals.relayed = Flag(signals.As<Napi::Object>(), "relayed");
  }
  job.environment = ReadEnvironment();
  return job;
}

}  // namespace inmem::addon
