// native/addon/host_binding.cc: what this host allows.
#include "addon/host_binding.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "os/host_probe.h"

namespace inmem::addon {
namespace {

Napi::Value NumberOf(Napi::Env env, std::uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

// null where it is not known.
Napi::Value NumberOrNull(Napi::Env env, std::optional<std::uint64_t> value) {
  return value ? NumberOf(env, *value) : env.Null();
}

Napi::Object DescribeMemfd(Napi::Env env, const os::MemfdProbe& memfd) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("plain", memfd.plain);
  object.Set("allowSealing", memfd.allow_sealing);
  object.Set("noexecSeal", memfd.noexec_seal);
  object.Set("create", memfd.create);
  object.Set("seal", memfd.seal);
  object.Set("mapExecutable", memfd.map_executable);
  object.Set("load", memfd.load);
  object.Set("policy",
             memfd.policy ? Napi::Number::New(env, *memfd.policy) : env.Null());
  return object;
}

Napi::Object DescribeTmpfs(Napi::Env env, const os::TmpfsProbe& tmpfs) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("create", tmpfs.create);
  object.Set("load", tmpfs.load);
  object.Set("hugePages", tmpfs.huge_pages);
  return object;
}

Napi::Array DescribePlaces(Napi::Env env,
                           const std::vector<os::PlaceProbe>& places) {
  Napi::Array array = Napi::Array::New(env, places.size());
  for (std::uint32_t i = 0; i < places.size(); ++i) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("path", places[i].path);
    object.Set("obstacle", places[i].obstacle);
    array.Set(i, object);
  }
  return array;
}

Napi::Object DescribeLimits(Napi::Env env, const os::LimitsProbe& limits) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("openFilesSoft", NumberOrNull(env, limits.open_files_soft));
  object.Set("openFilesHard", NumberOrNull(env, limits.open_files_hard));
  object.Set("openFilesUsed", NumberOf(env, limits.open_files_used));
  object.Set("staticTlsBytes", NumberOrNull(env, limits.static_tls_bytes));
  object.Set("staticTlsTunableBytes",
             NumberOf(env, limits.static_tls_tunable_bytes));
  return object;
}

Napi::Value ProbeHost(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const os::HostProbe host = os::ProbeHost();
  Napi::Object object = Napi::Object::New(env);
  object.Set("kernel", host.kernel);
  object.Set("glibc", host.glibc);
  object.Set("pageBytes", NumberOf(env, host.page_bytes));
  object.Set("proc", host.proc);
  object.Set("seccompFilter",
             host.seccomp_filter ? Napi::Boolean::New(env, *host.seccomp_filter)
                                 : env.Null());
  object.Set("securityLabel", host.security_label);
  object.Set("sharedMemoryHugePages", host.shmem_huge_pages);
  object.Set("memfd", DescribeMemfd(env, host.memfd));
  object.Set("tmpfs", DescribeTmpfs(env, host.tmpfs));
  object.Set("places", DescribePlaces(env, host.places));
  object.Set("limits", DescribeLimits(env, host.limits));
  return object;
}

}  // namespace

void AddHostBinding(Napi::Env env, Napi::Object exports) {
  exports.Set("probeHost", Napi::Function::New(env, ProbeHost, "probeHost"));
}

}  // namespace inmem::addon
