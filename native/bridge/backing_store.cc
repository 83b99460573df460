// native/bridge/backing_store.cc: V8's own hold on the memory of an
// ArrayBuffer.
#include "bridge/backing_store.h"

#include <dlfcn.h>

#include <memory>

namespace inmem::bridge {
namespace {

// V8's functions; null where they are not as we know them.
struct V8 {
  std::shared_ptr<BackingStore> (*store_of)(void* buffer) = nullptr;
  void* (*data_of)(const BackingStore* store) = nullptr;

  // A function that takes a shared_ptr has the name of its standard library's
  // in its own: this one's is ours.
  static constexpr const char* kProof =
      "_ZN2v811ArrayBuffer3NewEPNS_7IsolateESt10shared_ptrINS_"
      "12BackingStoreEE";

  V8() {
    if (dlsym(RTLD_DEFAULT, kProof) == nullptr) return;
    store_of = reinterpret_cast<decltype(store_of)>(
        dlsym(RTLD_DEFAULT, "_ZN2v811ArrayBuffer15GetBackingStoreEv"));
    data_of = reinterpret_cast<decltype(data_of)>(
        dlsym(RTLD_DEFAULT, "_ZNK2v812BackingStore4DataEv"));
  }
};

}  // namespace

// A napi_value is the slot that V8's Local points to.
std::shared_ptr<BackingStore> StoreOf(napi_value buffer, const void* first) {
  static const V8 v8;
  if (v8.store_of == nullptr || v8.data_of == nullptr) return {};
  std::shared_ptr<BackingStore> store = v8.store_of(buffer);
  if (!store) return {};
  const void* data = v8.data_of(store.get());
  if (data == nullptr || data != first) return {};
  return store;
}

}  // namespace inmem::bridge
