// native/bridge/operations.cc: what JavaScript may ask of Python.
//
// Few, and fast: calls, attributes, conversions, releases. All else is done by
// calls of functions in python/inmem/_bridge.py.
#include "cpython/python_setup.h"

#include "bridge/operations.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "bridge/async_call.h"
#include "bridge/buffers.h"
#include "bridge/call_scope.h"
#include "bridge/errors.h"
#include "bridge/frame.h"
#include "bridge/from_tape.h"
#include "bridge/interpreter.h"
#include "bridge/js_allocation.h"
#include "bridge/js_memory.h"
#include "bridge/js_object.h"
#include "bridge/limit.h"
#include "bridge/pages.h"
#include "bridge/promises.h"
#include "bridge/protocol.h"
#include "bridge/realm.h"
#include "bridge/scalars.h"
#include "bridge/service.h"
#include "bridge/tape.h"
#include "bridge/to_tape.h"
#include "bridge/traits.h"
#include "cpython/owned.h"
#include "cpython/strings.h"

namespace inmem::bridge {

using cpython::Owned;

namespace {

// An object by reference, whatever it is.
napi_value GiveNumber(Realm& realm, PyObject* object) {
  const std::uint32_t number = realm.handles().Send(object);
  realm.Reg(Register::kTraits) = static_cast<std::int32_t>(TraitsOf(object));
  realm.SetKind(Kind::kHandle);
  napi_value given = nullptr;
  napi_create_uint32(realm.env(), number, &given);
  return given;
}

// What Python gave, on its way to JavaScript.
napi_value Give(Realm& realm, Owned result) {
  if (!result) return Fail(realm);
  napi_value value = ScalarToJs(realm.env(), result.get());
  if (value != nullptr) {
    realm.SetKind(Kind::kValue);
    return value;
  }
  std::uint32_t number = 0;
  if (IndexOf(realm, result.get(), &number)) {
    realm.SetKind(Kind::kObject);
  } else if (CrossesByTape(result.get())) {
    Tape tape;
    if (!TapeWriter(realm, &tape).Put(result.get())) return Fail(realm);
    return realm.Deliver(tape);
  } else {
    return GiveNumber(realm, result.get());
  }
  napi_create_uint32(realm.env(), number, &value);
  return value;
}

// What `call` gives. Handles of its own calls into JavaScript go with it.
template <typename Function>
Owned Calling(Realm& realm, Function call) {
  CallScope scope(realm.env());
  const Innermost innermost(realm.call_scope, &scope);
  return Owned::Steal(call());
}

// call(handle, ...values): register kHandles tells which are Python objects.
napi_value Call(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  Realm& realm = *frame.realm;
  const auto handles =
      static_cast<std::uint32_t>(realm.Reg(Register::kHandles));
  Entry entry(realm);
  Owned callee = Held(realm, frame.Number(0));
  if (!callee) return Fail(realm);
  // One in front, free for the callee: PY_VECTORCALL_ARGUMENTS_OFFSET.
  std::array<PyObject*, Frame::kMaxArgs> args = {};
  std::array<Owned, Frame::kMaxArgs> owned;
  for (std::size_t i = 1; i < frame.argc; ++i) {
    owned[i] = (handles >> (i - 1) & 1) != 0
                   ? Held(realm, frame.Number(i))
                   : ScalarToPython(env, frame.argv[i]);
    if (!owned[i]) return Fail(realm);
    args[i] = owned[i].get();
  }
  return Give(realm, Calling(realm, [&] {
                return PyObject_Vectorcall(
                    callee.get(), args.data() + 1,
                    (frame.argc - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
              }));
}

// While the call goes, what JavaScript lets go may go: its tape has been read.
class TapeIsRead {
 public:
  explicit TapeIsRead(Realm& realm)
      : open_(realm.Reg(Register::kOpenTapes)), before_(open_) {
    open_ = 0;
  }
  ~TapeIsRead() { open_ = before_; }
  TapeIsRead(const TapeIsRead&) = delete;
  TapeIsRead& operator=(const TapeIsRead&) = delete;

 private:
  std::int32_t& open_;
  std::int32_t before_;
};

// The tuple of arguments and the dict of keyword arguments, off a tape.
Owned CallWith(Realm& realm, PyObject* callee, TapeReader& reader) {
  std::vector<Owned> items;
  if (!reader.NextItems(&items)) return {};
  Owned keywords = reader.NextKeywords();
  if (!keywords) return {};
  const std::size_t count = items.size();
  std::vector<PyObject*> args = {nullptr};
  for (const Owned& item : items) args.push_back(item.get());
  TapeIsRead read(realm);
  return Calling(realm, [&] {
    return PyObject_VectorcallDict(
        callee, args.data() + 1, count | PY_VECTORCALL_ARGUMENTS_OFFSET,
        PyDict_GET_SIZE(keywords.get()) == 0 ? nullptr : keywords.get());
  });
}

// callTape(handle, extras)
napi_value CallTape(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  Realm& realm = *frame.realm;
  Tape tape;
  const bool received = realm.Receive(frame.argv[1], &tape);
  Entry entry(realm);
  if (!received) tape.Clear();  // told as malformed
  TapeReader reader(realm, tape);
  Owned callee = Held(realm, frame.Number(0));
  if (!callee) return Fail(realm);
  return Give(realm, CallWith(realm, callee.get(), reader));
}

// toPython(extras): the one value of a tape, by reference, unless it is
// JavaScript's own.
napi_value ToPython(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  Realm& realm = *frame.realm;
  Tape tape;
  if (!realm.Receive(frame.argv[0], &tape)) tape.Clear();
  Entry entry(realm);
  Owned value = TapeReader(realm, tape).Next();
  if (!value) return Fail(realm);
  if (RealmOf(realm.interpreter(), value.get()) == &realm)
    return Give(realm, std::move(value));
  return GiveNumber(realm, value.get());
}

// intern(name): the number of an attribute's name.
napi_value Intern(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  Realm& realm = *frame.realm;
  Entry entry(realm);
  Owned name = ScalarToPython(env, frame.argv[0]);
  if (!name || PyUnicode_CheckExact(name.get()) == 0) return Fail(realm);
  realm.SetKind(Kind::kValue);
  napi_value number = nullptr;
  napi_create_uint32(env, realm.Intern(std::move(name)), &number);
  return number;
}

// getAttribute(handle, name or its number): undefined where there is none.
napi_value GetAttribute(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  Realm& realm = *frame.realm;
  Entry entry(realm);
  Owned object = Held(realm, frame.Number(0));
  if (!object) return Fail(realm);
  napi_valuetype type = napi_undefined;
  napi_typeof(env, frame.argv[1], &type);
  Owned name = type == napi_number ? Owned::Borrow(realm.Name(frame.Number(1)))
                                   : ScalarToPython(env, frame.argv[1]);
  if (!name) return Fail(realm);
  PyObject* value = nullptr;
  if (IsComputed(Py_TYPE(object.get()), name.get())) {
    value = PyObject_GetAttr(object.get(), name.get());
    return Give(realm, Owned::Steal(value));
  }
  // Makes no AttributeError where there is none, which is asked often: `then`.
  const int found = PyObject_GetOptionalAttr(object.get(), name.get(), &value);
  if (found != 0) return Give(realm, Owned::Steal(value));
  realm.SetKind(Kind::kValue);
  return Undefined(realm);
}

// toJs(handle, depth, one level): the object's value on a tape.
napi_value ToJs(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  Realm& realm = *frame.realm;
  Entry entry(realm);
  Owned object = Held(realm, frame.Number(0));
  if (!object) return Fail(realm);
  Conversion conversion{.deep = true};
  napi_get_value_int32(env, frame.argv[1], &conversion.depth);
  napi_get_value_bool(env, frame.argv[2], &conversion.one_level);
  Tape tape;
  if (!TapeWriter(realm, &tape, conversion).Put(object.get())) {
    return Fail(realm);
  }
  return realm.Deliver(tape);
}

// release(pairs): numbers and how often each was sent. Never waits.
napi_value Release(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  napi_typedarray_type type;
  std::size_t count = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, frame.argv[0], &type, &count, &data,
                               nullptr, nullptr) == napi_ok &&
      type == napi_uint32_array) {
    const auto* words = static_cast<const std::uint32_t*>(data);
    for (std::size_t i = 0; i + 1 < count; i += 2) {
      frame.realm->ReleaseLater(words[i], words[i + 1]);
    }
  }
  return Undefined(*frame.realm);
}

// drain(trim): what was released goes soon, on a thread of Python's, for which
// JavaScript does not wait. `trim`: then malloc gives back what it keeps.
napi_value Drain(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  bool trim = false;
  napi_get_value_bool(env, frame.argv[0], &trim);
  frame.realm->service().OnWorker(
      [realm = frame.realm->shared_from_this(), trim] {
        realm->Drain();
        if (trim) TrimMemory();
      });
  return Undefined(*frame.realm);
}

// takeReleased(): JavaScript objects that Python has let go, as release() has
// them.
napi_value TakeReleased(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  const auto pairs = frame.realm->TakeReleased();
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_value array = nullptr;
  buffer = NewArrayBuffer(env, pairs.size() * 8, &data);
  if (buffer == nullptr) return nullptr;
  auto* words = static_cast<std::uint32_t*>(data);
  for (const auto& [index, times] : pairs) {
    *words++ = index;
    *words++ = times;
  }
  napi_create_typedarray(env, napi_uint32_array, pairs.size() * 2, buffer, 0,
                         &array);
  return array;
}

// setTape(number, tags, words)
napi_value SetTape(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  napi_typedarray_type type;
  void* tags = nullptr;
  void* words = nullptr;
  std::size_t tag_count = 0;
  std::size_t word_count = 0;
  napi_get_typedarray_info(env, frame.argv[1], &type, &tag_count, &tags,
                           nullptr, nullptr);
  napi_get_typedarray_info(env, frame.argv[2], &type, &word_count, &words,
                           nullptr, nullptr);
  frame.realm->SetTape(frame.Number(0), static_cast<std::uint8_t*>(tags),
                       tag_count, static_cast<double*>(words), word_count);
  return Undefined(*frame.realm);
}

// hasRoom(bytes): whether V8 will get so much memory.
napi_value HasRoomFor(napi_env env, napi_callback_info info) {
  const Frame frame(env, info);
  const double bytes = frame.Double(0);
  napi_value has = nullptr;
  napi_get_boolean(
      env, bytes < 0x1p48 && HasRoom(static_cast<std::size_t>(bytes)), &has);
  return has;
}

// module(): inmem._bridge, whose functions do the rest.
napi_value Module(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  Entry entry(*frame.realm);
  return Give(*frame.realm,
              Owned::Steal(PyImport_ImportModule("inmem._bridge")));
}

// refuse(): the process is ending: Python's threads get errors instead of
// JavaScript's time.
napi_value Refuse(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  frame.realm->ServeNotices();
  frame.realm->Refuse();
  return Undefined(*frame.realm);
}

// held(): how many Python objects JavaScript holds: for tests and reports.
napi_value HeldCount(napi_env env, napi_callback_info info) {
  Frame frame(env, info);
  Entry entry(*frame.realm);
  napi_value count = nullptr;
  napi_create_double(env, static_cast<double>(frame.realm->handles().held()),
                     &count);
  return count;
}

}  // namespace

napi_value OpenBridge(napi_env env, napi_callback_info info) {
  std::size_t argc = 6;
  std::array<napi_value, 6> argv = {};
  napi_get_cb_info(env, info, &argc, argv.data(), nullptr, nullptr);
  bool of_worker = false;
  napi_get_value_bool(env, argv[4], &of_worker);
  std::uint32_t number = 0;
  napi_get_value_uint32(env, argv[5], &number);
  auto interpreter = number == 0 ? Interpreter::Main().shared_from_this()
                                 : Interpreter::Numbered(number);
  if (number != 0 && (interpreter == nullptr || !interpreter->Claim())) {
    napi_throw_error(env, nullptr, "this interpreter is another's");
    return nullptr;
  }
  std::shared_ptr<Realm> realm = Realm::Open(env, argv[0], argv[1], argv[2],
                                             argv[3], of_worker, interpreter);
  if (!realm && number != 0) interpreter->End();
  if (!realm) return nullptr;
  napi_value object = nullptr;
  napi_create_object(env, &object);
  constexpr auto kFunctions =
      std::to_array<std::pair<const char*, napi_callback>>({
          {"call", Guarded<Call>},
          {"callTape", Guarded<CallTape>},
          {"toPython", Guarded<ToPython>},
          {"intern", Guarded<Intern>},
          {"getAttribute", Guarded<GetAttribute>},
          {"toJs", Guarded<ToJs>},
          {"release", Guarded<Release>},
          {"drain", Guarded<Drain>},
          {"takeReleased", Guarded<TakeReleased>},
          {"setTape", Guarded<SetTape>},
          {"hasRoom", HasRoomFor},
          {"module", Guarded<Module>},
          {"held", Guarded<HeldCount>},
          {"refuse", Guarded<Refuse>},
          {"getBuffer", Guarded<GetBuffer>},
          {"releaseBuffer", Guarded<ReleaseBuffer>},
          {"holdMemory", Guarded<HoldMemory>},
          {"callAsync", Guarded<CallAsync>},
          {"limit", Guarded<BeginLimit>},
          {"unlimit", Guarded<EndLimit>},
          {"endCall", Guarded<EndCall>},
          {"interrupt", Guarded<Interrupt>},
          {"answerPromise", Guarded<AnswerPromise>},
          {"awaitAsync", Guarded<AwaitAsync>},
          {"close", Guarded<Close>},
      });
  for (const auto& [name, callback] : kFunctions) {
    napi_value function = nullptr;
    // The realm lives as long as its environment: Realm::Open holds it.
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, realm.get(),
                         &function);
    napi_set_named_property(env, object, name, function);
  }
  return object;
}

}  // namespace inmem::bridge
