// native/bridge/js_memory.cc: memory of JavaScript's, in Python.
//
// What holds the memory is V8's BackingStore, by its shared_ptr: not the
// ArrayBuffer, which a program may detach (transfer(), postMessage) and which
// ends with its Worker. Node-API has no way to it; V8's functions are looked up
// by name, and where they are not there, or not of our standard library
// (Electron), Python gets a copy.
#include "cpython/python_setup.h"

#include "bridge/js_memory.h"

#include <dlfcn.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

#include "bridge/buffers.h"
#include "bridge/frame.h"
#include "cpython/functions.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

struct BackingStore;  // v8::BackingStore

// Memory, for as long as it is held. Any thread.
struct Memory {
  std::shared_ptr<BackingStore> store;
  // Whose memory it was in the first place.
  std::shared_ptr<PythonMemory> python;
  std::unique_ptr<std::uint8_t[]> copy;
  std::uint8_t* data = nullptr;
  Py_ssize_t bytes = 0;
  Py_ssize_t itemsize = 1;
  char format[2] = "B";
  bool is_copied = false;
};

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
    if (!MayShareMemory() || dlsym(RTLD_DEFAULT, kProof) == nullptr) return;
    store_of = reinterpret_cast<decltype(store_of)>(
        dlsym(RTLD_DEFAULT, "_ZN2v811ArrayBuffer15GetBackingStoreEv"));
    data_of = reinterpret_cast<decltype(data_of)>(
        dlsym(RTLD_DEFAULT, "_ZNK2v812BackingStore4DataEv"));
  }
};

// A napi_value is the slot that V8's Local points to. False: it has to be
// copied.
bool Hold(napi_value buffer, std::size_t offset, Memory& memory) {
  static const V8 v8;
  if (v8.store_of == nullptr || v8.data_of == nullptr) return false;
  memory.store = v8.store_of(buffer);
  if (!memory.store) return false;
  const auto* first =
      static_cast<std::uint8_t*>(v8.data_of(memory.store.get()));
  if (first == nullptr || first + offset != memory.data) memory.store.reset();
  return static_cast<bool>(memory.store);
}

bool Copy(Memory& memory) {
  const auto bytes = static_cast<std::size_t>(memory.bytes);
  memory.copy.reset(new (std::nothrow) std::uint8_t[bytes]);
  if (!memory.copy) return false;
  std::memcpy(memory.copy.get(), memory.data, bytes);
  memory.data = memory.copy.get();
  memory.is_copied = true;
  return true;
}

class Waiting {
 public:
  std::uint32_t Put(std::unique_ptr<Memory> memory) {
    std::lock_guard lock(mutex_);
    memories_[++last_] = std::move(memory);
    return last_;
  }
  std::unique_ptr<Memory> Take(std::uint32_t number) {
    std::lock_guard lock(mutex_);
    auto found = memories_.extract(number);
    return found ? std::move(found.mapped()) : nullptr;
  }

 private:
  std::mutex mutex_;
  std::uint32_t last_ = 0;
  std::unordered_map<std::uint32_t, std::unique_ptr<Memory>> memories_;
};

Waiting& WaitingMemories() {
  static auto* waiting = new Waiting();
  return *waiting;
}

}  // namespace

napi_value HoldMemory(napi_env env, napi_callback_info info) {
  const Frame frame(env, info);
  auto memory = std::make_unique<Memory>();
  napi_typedarray_type type;
  std::size_t bytes = 0;
  std::size_t offset = 0;
  void* first = nullptr;
  if (napi_get_typedarray_info(env, frame.argv[0], &type, &bytes, &first,
                               nullptr, &offset) != napi_ok) {
    napi_throw_type_error(env, nullptr, "Expected a Uint8Array");
    return nullptr;
  }
  memory->data = static_cast<std::uint8_t*>(first);
  memory->bytes = static_cast<Py_ssize_t>(bytes);
  bool may_share = false;
  napi_get_value_bool(env, frame.argv[2], &may_share);
  memory->format[0] = static_cast<char>(frame.Number(3));
  memory->itemsize = frame.Number(4);
  if (bytes != 0 && (!may_share || !Hold(frame.argv[1], offset, *memory))) {
    if (!Copy(*memory)) {
      napi_throw_range_error(env, nullptr, "no memory for a copy");
      return nullptr;
    }
  } else if (bytes != 0) {
    memory->python = frame.realm->exports().Behind(memory->data);
  }
  napi_value number = nullptr;
  napi_create_uint32(env, WaitingMemories().Put(std::move(memory)), &number);
  return number;
}

// --- the exporter ------------------------------------------------------------

namespace {

struct JsMemory {
  PyObject_HEAD Memory* memory;
  Py_ssize_t length;  // elements
};

PyObject* memory_type = nullptr;

JsMemory* Cast(PyObject* object) { return reinterpret_cast<JsMemory*>(object); }

void Dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  delete Cast(self)->memory;
  type->tp_free(self);
  Py_DECREF(type);
}

int GetBufferOf(PyObject* self, Py_buffer* view, int flags) {
  Memory& memory = *Cast(self)->memory;
  static std::uint8_t none = 0;
  if (PyBuffer_FillInfo(view, self,
                        memory.data != nullptr ? memory.data : &none,
                        memory.bytes, memory.is_copied ? 1 : 0, flags) != 0) {
    return -1;
  }
  view->itemsize = memory.itemsize;
  if ((flags & PyBUF_FORMAT) != 0) view->format = memory.format;
  if ((flags & PyBUF_ND) != 0) view->shape = &Cast(self)->length;
  return 0;
}

PyObject* Copied(PyObject* self, void*) {
  return PyBool_FromLong(Cast(self)->memory->is_copied ? 1 : 0);
}

PyGetSetDef kProperties[] = {
    {"copied", Copied, nullptr,
     "Whether it is a copy: where JavaScript cannot share its memory.",
     nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

}  // namespace

bool MakeJsMemoryType() {
  if (memory_type != nullptr) return true;
  PyType_Slot slots[] = {{Py_tp_dealloc, cpython::Slot(Dealloc)},
                         {Py_tp_getset, kProperties},
                         {Py_bf_getbuffer, cpython::Slot(GetBufferOf)},
                         {0, nullptr}};
  PyType_Spec spec = {"inmem.ffi.JsMemory", sizeof(JsMemory), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                      slots};
  memory_type = PyType_FromSpec(&spec);
  return memory_type != nullptr;
}

PyObject* TakeMemory(PyObject*, PyObject* number) {
  const unsigned long index = PyLong_AsUnsignedLong(number);
  if (PyErr_Occurred() != nullptr) return nullptr;
  auto memory = WaitingMemories().Take(static_cast<std::uint32_t>(index));
  if (memory == nullptr) {
    PyErr_SetString(PyExc_ValueError, "no memory has this number");
    return nullptr;
  }
  auto* type = reinterpret_cast<PyTypeObject*>(memory_type);
  Owned made = Owned::Steal(type->tp_alloc(type, 0));
  if (!made) return nullptr;
  Cast(made.get())->length = memory->bytes / memory->itemsize;
  Cast(made.get())->memory = memory.release();
  return made.release();
}

}  // namespace inmem::bridge
