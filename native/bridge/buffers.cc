// native/bridge/buffers.cc: memory of Python objects, in JavaScript.
#include "cpython/python_setup.h"

#include "bridge/buffers.h"

#include <cstdint>
#include <memory>

#include "bridge/elements.h"
#include "bridge/errors.h"
#include "bridge/frame.h"
#include "bridge/js_allocation.h"
#include "bridge/protocol.h"
#include "bridge/python_memory.h"
#include "bridge/realm.h"
#include "cpython/owned.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

// How getBuffer() is asked; lib/bridge/buffers.ts has the same numbers.
enum class Mode : std::int32_t { kAuto = 0, kCopy = 1, kShare = 2 };
// Beside it: JavaScript has no Float16Array here.
constexpr std::uint32_t kNoHalves = 4;

enum Flag : std::uint32_t {
  kReadOnly = 1u << 0,
  kContiguousC = 1u << 1,
  kContiguousF = 1u << 2,
  kCopied = 1u << 3,
};

// A copy, in C's order and the byte order of this machine. Null with a
// JavaScript or a Python exception.
napi_value CopyOf(napi_env env, const Py_buffer& view,
                  const Elements& elements) {
  void* data = nullptr;
  const auto bytes = static_cast<std::size_t>(view.len);
  napi_value buffer = NewArrayBuffer(env, bytes, &data);
  if (buffer == nullptr) return nullptr;
  // The function takes what it may not change as well.
  auto* from = const_cast<Py_buffer*>(&view);
  if (PyBuffer_ToContiguous(data, from, view.len, 'C') != 0) return nullptr;
  if (elements.is_swapped) SwapBytes(data, bytes, elements.unit);
  return buffer;
}

class Row {
 public:
  explicit Row(napi_env env) : env_(env) { napi_create_array(env, &array_); }
  void Add(napi_value value) {
    napi_set_element(env_, array_, count_++, value);
  }
  void Add(double number) {
    napi_value value = nullptr;
    napi_create_double(env_, number, &value);
    Add(value);
  }
  void Add(const char* text) {
    napi_value value = nullptr;
    napi_create_string_utf8(env_, text, NAPI_AUTO_LENGTH, &value);
    Add(value);
  }
  napi_value get() const { return array_; }

 private:
  napi_env env_;
  napi_value array_ = nullptr;
  std::uint32_t count_ = 0;
};

napi_value Describe(napi_env env, const Py_buffer& view, char letter,
                    napi_value buffer, double start, bool copied) {
  std::uint32_t flags = copied ? kCopied : 0;
  if (view.readonly != 0) flags |= kReadOnly;
  if (copied || PyBuffer_IsContiguous(&view, 'C') != 0) flags |= kContiguousC;
  if (copied ? view.ndim <= 1 : PyBuffer_IsContiguous(&view, 'F') != 0) {
    flags |= kContiguousF;
  }
  Row row(env);
  row.Add(buffer);
  row.Add(start);
  row.Add(flags);
  row.Add(static_cast<double>(view.itemsize));
  row.Add(view.format != nullptr ? view.format : "B");
  Row shape(env);
  Row strides(env);
  Py_ssize_t stride = view.len;
  for (int i = 0; i < view.ndim; ++i) {
    shape.Add(static_cast<double>(view.shape[i]));
    if (copied && view.shape[i] != 0) stride /= view.shape[i];
    strides.Add(static_cast<double>(copied ? stride : view.strides[i]));
  }
  row.Add(shape.get());
  row.Add(strides.get());
  row.Add(static_cast<double>(letter));
  return row.get();
}

bool HasObjects(const char* format) {
  // In a structure's format names stand between colons.
  bool in_name = false;
  for (; format != nullptr && *format != '\0'; ++format) {
    if (*format == ':') in_name = !in_name;
    if (!in_name && *format == 'O') return true;
  }
  return false;
}

bool IsUsable(const Py_buffer& view, double most) {
  if (HasObjects(view.format)) {
    PyErr_SetString(PyExc_TypeError,
                    "this memory holds references to Python objects, which "
                    "JavaScript must not see: convert it first, or use toJs()");
    return false;
  }
  if (static_cast<double>(view.len) > most) {
    PyErr_Format(PyExc_OverflowError,
                 "%zd bytes are more than a typed array can have here",
                 view.len);
    return false;
  }
  return true;
}

// Why elements cannot be shared; null: nothing is in the way.
const char* Hindrance(const PythonMemory& memory, const Elements& elements,
                      bool has_halves) {
  if (elements.is_swapped) {
    return "elements of this memory are in the other byte order (copy: false "
           "was asked)";
  }
  if (elements.letter == 'e' && !has_halves) {
    return "this JavaScript engine has no Float16Array (copy: false was asked)";
  }
  if (!memory.LiesIn(elements.unit)) {
    return "elements of this memory lie where no typed array can have them "
           "(copy: false was asked)";
  }
  return nullptr;
}

napi_value Give(Realm& realm, const std::shared_ptr<PythonMemory>& memory,
                std::uint32_t how, double most, char named) {
  const Py_buffer& view = memory->view();
  const auto mode = static_cast<Mode>(how & ~kNoHalves);
  const Elements elements =
      named == 0 ? ElementsOf(view) : ElementsNamed(named);
  const char* hindrance = Hindrance(*memory, elements, (how & kNoHalves) == 0);
  const bool may = hindrance == nullptr &&
                   (view.readonly == 0 || mode == Mode::kShare) &&
                   static_cast<double>(memory->high() - memory->low()) <= most;
  std::size_t start = 0;
  napi_value buffer = nullptr;
  if (may && mode != Mode::kCopy && view.len != 0) {
    buffer = realm.exports().Share(realm.env(), memory, elements.unit, &start);
  }
  if (buffer != nullptr) {
    const char* first = static_cast<const char*>(view.buf);
    start += static_cast<std::size_t>(first - memory->low());
    realm.SetKind(Kind::kValue);
    return Describe(realm.env(), view, elements.letter, buffer,
                    static_cast<double>(start), false);
  }
  if (mode == Mode::kShare && view.len != 0) {
    PyErr_SetString(PyExc_BufferError, hindrance != nullptr
                                           ? hindrance
                                           : "this JavaScript engine shares no "
                                             "memory (copy: false was asked)");
    return Fail(realm);
  }
  buffer = CopyOf(realm.env(), view, elements);
  if (buffer == nullptr) {
    bool is_thrown = false;
    napi_is_exception_pending(realm.env(), &is_thrown);
    return is_thrown ? nullptr : Fail(realm);
  }
  realm.SetKind(Kind::kValue);
  return Describe(realm.env(), view, elements.letter, buffer, 0, true);
}

}  // namespace

napi_value GetBuffer(napi_env env, napi_callback_info info) {
  const Frame frame(env, info);
  Realm& realm = *frame.realm;
  Entry entry(realm);
  Owned object = Held(realm, frame.Number(0));
  if (!object) return Fail(realm);
  std::shared_ptr<PythonMemory> memory = PythonMemory::Of(object.get());
  const double most = frame.Double(2);
  if (!memory || !IsUsable(memory->view(), most)) return Fail(realm);
  return Give(realm, memory, frame.Number(1), most,
              static_cast<char>(frame.Number(3)));
}

napi_value ReleaseBuffer(napi_env env, napi_callback_info info) {
  const Frame frame(env, info);
  Entry entry(*frame.realm);
  frame.realm->exports().Take(env, frame.argv[0]);
  return Undefined(*frame.realm);
}

}  // namespace inmem::bridge
