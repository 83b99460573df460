// native/bridge/js_memory.cc: memory of JavaScript's, in Python.
//
// What holds the memory is V8's BackingStore, by its shared_ptr: not the
// ArrayBuffer, which a program may detach (transfer(), postMessage) and which
// ends with its Worker. Where that is not to be had, Python gets a copy.
#include "cpython/python_setup.h"

#include "bridge/js_memory.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bridge/backing_store.h"
#include "bridge/frame.h"
#include "bridge/interpreter.h"
#include "bridge/python_memory.h"
#include "cpython/functions.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

// Memory, for as long as it is held, and how its elements lie in it. Any
// thread.
struct Memory {
  std::shared_ptr<BackingStore> store;
  // Whose memory it was in the first place.
  std::shared_ptr<PythonMemory> python;
  std::unique_ptr<std::uint8_t[]> copy;
  std::uint8_t* data = nullptr;
  Py_ssize_t bytes = 0;
  Py_ssize_t itemsize = 1;
  std::string format = "B";
  std::vector<Py_ssize_t> shape;
  std::vector<Py_ssize_t> strides;  // in bytes
  Py_ssize_t start = 0;             // of the first element
  bool is_copied = false;
  bool is_readonly = false;
};

// False: it has to be copied.
bool Hold(napi_value buffer, std::size_t offset, Memory& memory) {
  if (!MayShareMemory()) return false;
  memory.store = StoreOf(buffer, memory.data - offset);
  return static_cast<bool>(memory.store);
}

bool Copy(Memory& memory) {
  const auto bytes = static_cast<std::size_t>(memory.bytes);
  memory.copy.reset(new (std::nothrow) std::uint8_t[bytes]);
  if (!memory.copy) return false;
  std::memcpy(memory.copy.get(), memory.data, bytes);
  memory.data = memory.copy.get();
  memory.is_copied = true;
  memory.is_readonly = true;
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
  memory->shape = {memory->bytes / memory->itemsize};
  memory->strides = {memory->itemsize};
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
};

JsMemory* Cast(PyObject* object) { return reinterpret_cast<JsMemory*>(object); }

void Dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  const std::unique_ptr<Memory> memory(Cast(self)->memory);
  if (memory != nullptr && memory->python) {
    memory->store.reset();
    memory->python.reset();
    Exports::LetGo();
  }
  type->tp_free(self);
  Py_DECREF(type);
}

// All that the buffer protocol asks for.
Py_buffer Whole(PyObject* self) {
  static std::uint8_t none = 0;
  Memory& memory = *Cast(self)->memory;
  Py_buffer view = {};
  view.buf = memory.data != nullptr ? memory.data + memory.start : &none;
  view.obj = self;
  view.len = memory.itemsize;
  for (const Py_ssize_t count : memory.shape) view.len *= count;
  view.itemsize = memory.itemsize;
  view.readonly = memory.is_readonly ? 1 : 0;
  view.ndim = static_cast<int>(memory.shape.size());
  view.format = memory.format.data();
  view.shape = memory.shape.data();
  view.strides = memory.strides.data();
  return view;
}

// Why what is asked for cannot be given; null: it can.
const char* Refusal(const Py_buffer& view, int flags) {
  const auto asks = [flags](int flag) { return (flags & flag) == flag; };
  if (asks(PyBUF_WRITABLE) && view.readonly != 0) {
    return "Object is not writable.";
  }
  const bool is_c = PyBuffer_IsContiguous(&view, 'C') != 0;
  const bool is_f = PyBuffer_IsContiguous(&view, 'F') != 0;
  if (asks(PyBUF_C_CONTIGUOUS) && !is_c) {
    return "elements of this memory are not C-contiguous";
  }
  if (asks(PyBUF_F_CONTIGUOUS) && !is_f) {
    return "elements of this memory are not Fortran contiguous";
  }
  if (asks(PyBUF_ANY_CONTIGUOUS) && !is_c && !is_f) {
    return "elements of this memory are not contiguous";
  }
  if (!asks(PyBUF_STRIDES) && !is_c) {
    return "elements of this memory are not contiguous: ask for strides";
  }
  return nullptr;
}

int GetBufferOf(PyObject* self, Py_buffer* view, int flags) {
  const Py_buffer whole = Whole(self);
  if (const char* refusal = Refusal(whole, flags)) {
    view->obj = nullptr;
    PyErr_SetString(PyExc_BufferError, refusal);
    return -1;
  }
  *view = whole;
  Py_INCREF(self);
  if ((flags & PyBUF_FORMAT) == 0) view->format = nullptr;
  if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES) view->strides = nullptr;
  if ((flags & PyBUF_ND) == 0) {
    view->shape = nullptr;
    view->ndim = 1;
  }
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

bool MakeJsMemoryType(Interpreter& interpreter) {
  if (interpreter.types.memory != nullptr) return true;
  PyType_Slot slots[] = {{Py_tp_dealloc, cpython::Slot(Dealloc)},
                         {Py_tp_getset, kProperties},
                         {Py_bf_getbuffer, cpython::Slot(GetBufferOf)},
                         {0, nullptr}};
  PyType_Spec spec = {"inmem.ffi.JsMemory", sizeof(JsMemory), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                      slots};
  interpreter.types.memory = PyType_FromSpec(&spec);
  return interpreter.types.memory != nullptr;
}

namespace {

// Of a tuple of integers. False with a Python exception.
bool ReadCounts(PyObject* tuple, std::vector<Py_ssize_t>& counts) {
  const Py_ssize_t length = PyTuple_GET_SIZE(tuple);
  counts.resize(static_cast<std::size_t>(length));
  for (Py_ssize_t i = 0; i < length; ++i) {
    const Py_ssize_t count = PyLong_AsSsize_t(PyTuple_GET_ITEM(tuple, i));
    if (count == -1 && PyErr_Occurred() != nullptr) return false;
    counts[static_cast<std::size_t>(i)] = count;
  }
  return true;
}

// Elements other than those of the typed array, which lib/bridge/as-buffer.ts
// has checked to be within the memory. False with a Python exception.
bool Arrange(Memory& memory, const char* format, PyObject* shape,
             PyObject* strides, bool is_readonly) {
  if (format == nullptr) return true;
  if (shape == nullptr || strides == nullptr ||
      !ReadCounts(shape, memory.shape) ||
      !ReadCounts(strides, memory.strides)) {
    return false;
  }
  memory.format = format;
  memory.is_readonly = memory.is_copied || is_readonly;
  return true;
}

}  // namespace

PyObject* TakeMemory(PyObject*, PyObject* args) {
  PyObject* number = nullptr;
  const char* format = nullptr;
  Py_ssize_t itemsize = 0;
  Py_ssize_t start = 0;
  PyObject* shape = nullptr;
  PyObject* strides = nullptr;
  int is_readonly = 0;
  // Whatever else is wrong, the memory is not held any longer.
  if (PyTuple_GET_SIZE(args) > 0) number = PyTuple_GET_ITEM(args, 0);
  const unsigned long index = number != nullptr && PyLong_Check(number)
                                  ? PyLong_AsUnsignedLong(number)
                                  : 0;
  if (PyErr_Occurred() != nullptr) return nullptr;
  auto memory = WaitingMemories().Take(static_cast<std::uint32_t>(index));
  if (PyArg_ParseTuple(args, "O|snnO!O!p", &number, &format, &itemsize, &start,
                       &PyTuple_Type, &shape, &PyTuple_Type, &strides,
                       &is_readonly) == 0) {
    return nullptr;
  }
  if (memory == nullptr) {
    PyErr_SetString(PyExc_ValueError, "no memory has this number");
    return nullptr;
  }
  if (!Arrange(*memory, format, shape, strides, is_readonly != 0)) {
    return nullptr;
  }
  if (format != nullptr) {
    memory->itemsize = itemsize;
    memory->start = start;
  }
  auto* type =
      reinterpret_cast<PyTypeObject*>(Interpreter::Current().types.memory);
  Owned made = Owned::Steal(type->tp_alloc(type, 0));
  if (!made) return nullptr;
  Cast(made.get())->memory = memory.release();
  return made.release();
}

}  // namespace inmem::bridge
