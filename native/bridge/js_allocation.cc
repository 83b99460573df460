// native/bridge/js_allocation.cc: memory that may not be there.
#include "bridge/js_allocation.h"

#include <sys/mman.h>

#include <cstdint>

namespace inmem::bridge {

namespace {

// Less is not asked for: it would cost more than it is worth.
constexpr std::size_t kLarge = std::size_t{1} << 20;
// What V8 takes beside: pages of its heap, room to align what is large.
constexpr std::size_t kBeside = std::size_t{32} << 20;

}  // namespace

bool HasRoom(std::size_t bytes) {
  if (bytes < kLarge) return true;
  if (bytes > SIZE_MAX - kBeside) return false;
  void* memory = ::mmap(nullptr, bytes + kBeside, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  ::munmap(memory, bytes + kBeside);
  return true;
}

napi_value NewArrayBuffer(napi_env env, std::size_t bytes, void** data) {
  napi_value buffer = nullptr;
  if (bytes < kLarge) {
    napi_create_arraybuffer(env, bytes, data, &buffer);
    return buffer;
  }
  // JavaScript's own constructor throws; but first V8 collects garbage, for
  // which it needs memory, or it ends the process.
  if (!HasRoom(bytes)) {
    napi_throw_range_error(env, nullptr, kNoMemory);
    return nullptr;
  }
  napi_value global = nullptr;
  napi_value constructor = nullptr;
  napi_value length = nullptr;
  std::size_t given = 0;
  napi_get_global(env, &global);
  napi_get_named_property(env, global, "ArrayBuffer", &constructor);
  napi_create_double(env, static_cast<double>(bytes), &length);
  if (napi_new_instance(env, constructor, 1, &length, &buffer) == napi_ok &&
      napi_get_arraybuffer_info(env, buffer, data, &given) == napi_ok &&
      given == bytes) {
    return buffer;
  }
  bool is_thrown = false;
  napi_is_exception_pending(env, &is_thrown);
  if (!is_thrown) napi_throw_range_error(env, nullptr, kNoMemory);
  return nullptr;
}

napi_value NewRangeError(napi_env env, const char* message) {
  napi_value text = nullptr;
  napi_value error = nullptr;
  napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text);
  napi_create_range_error(env, nullptr, text, &error);
  return error;
}

}  // namespace inmem::bridge
