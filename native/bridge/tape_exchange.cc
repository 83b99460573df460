// native/bridge/tape_exchange.cc: tapes, handed to JavaScript and taken from
// it.
#include "cpython/python_setup.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "bridge/js_allocation.h"
#include "bridge/realm.h"
#include "bridge/tape.h"

namespace inmem::bridge {
namespace {

bool IsLatin1(const std::u16string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char16_t unit) { return unit < 256; });
}

// The strings and ArrayBuffers of a tape. `failed()`: there was no memory for
// one of them.
class Extras {
 public:
  explicit Extras(napi_env env) : env_(env) {}

  // One byte a unit where that holds it: half the memory.
  napi_value Text(const std::u16string& text) {
    if (!IsLatin1(text)) return Wide(text);
    return Narrow(std::string(text.begin(), text.end()));
  }
  napi_value Text(const LongText& text) {
    return text.utf16.empty() ? Narrow(text.latin1) : Wide(text.utf16);
  }

  template <typename T>
  napi_value Buffer(const std::vector<T>& items) {
    void* data = nullptr;
    const std::size_t bytes = items.size() * sizeof(T);
    napi_value buffer = failed_ ? nullptr : NewArrayBuffer(env_, bytes, &data);
    if (buffer == nullptr) {
      failed_ = true;
    } else if (bytes != 0) {
      std::memcpy(data, items.data(), bytes);
    }
    return buffer;
  }

  template <typename T, typename Make>
  napi_value List(const std::vector<T>& items, Make make) {
    napi_value list = nullptr;
    napi_create_array_with_length(env_, items.size(), &list);
    for (std::size_t i = 0; i < items.size() && !failed_; ++i) {
      napi_value item = make(items[i]);
      if (!failed_) {
        napi_set_element(env_, list, static_cast<std::uint32_t>(i), item);
      }
    }
    return list;
  }

  bool failed() const { return failed_; }
  void Fail() { failed_ = true; }

 private:
  napi_value Narrow(const std::string& text) {
    napi_value value = nullptr;
    failed_ = failed_ || !HasRoom(text.size()) ||
              napi_create_string_latin1(env_, text.data(), text.size(),
                                        &value) != napi_ok;
    return value;
  }
  napi_value Wide(const std::u16string& text) {
    napi_value value = nullptr;
    failed_ = failed_ || !HasRoom(2 * text.size()) ||
              napi_create_string_utf16(env_, text.data(), text.size(),
                                       &value) != napi_ok;
    return value;
  }

  napi_env env_;
  bool failed_ = false;
};

// `shared`: in the place of tags and words that lie in shared memory.
napi_value All(napi_env env, Extras& extras, const Tape& tape,
               napi_value shared) {
  // JavaScript makes an array of the words, and one again while that grows.
  if (shared == nullptr && !HasRoom(3 * sizeof(double) * tape.words.size())) {
    extras.Fail();
    return nullptr;
  }
  const std::array<napi_value, 5> parts = {
      extras.Text(tape.text),
      shared != nullptr ? shared : extras.Buffer(tape.tags),
      shared != nullptr ? shared : extras.Buffer(tape.words),
      extras.List(tape.long_texts,
                  [&](const LongText& text) { return extras.Text(text); }),
      extras.List(tape.blobs,
                  [&](const auto& blob) { return extras.Buffer(blob); })};
  napi_value all = nullptr;
  if (extras.failed()) return nullptr;
  napi_create_array(env, &all);
  for (std::uint32_t i = 0; i < parts.size(); ++i) {
    napi_set_element(env, all, i, parts[i]);
  }
  return all;
}

// Numbers on the tape are given back: JavaScript does not see them.
napi_value Undelivered(Realm& realm, const Tape& tape) {
  napi_value ignored = nullptr;
  napi_get_and_clear_last_exception(realm.env(), &ignored);
  std::size_t word = 0;
  for (const std::uint8_t code : tape.tags) {
    const Tag tag = static_cast<Tag>(code);
    if (tag == Tag::kHandle) {
      realm.ReleaseLater(static_cast<std::uint32_t>(tape.words[word]), 1);
    }
    word += WordsToJs(tag, tape.words.data() + word);
  }
  return NewRangeError(realm.env(), kNoMemory);
}

bool ReadText(napi_env env, napi_value value, std::u16string* text) {
  std::size_t length = 0;
  if (napi_get_value_string_utf16(env, value, nullptr, 0, &length) != napi_ok) {
    return false;
  }
  // Our copy, and V8's where the text was made of pieces.
  if (!HasRoom(4 * length)) throw std::bad_alloc();
  text->resize(length);
  napi_get_value_string_utf16(env, value, text->data(), length + 1, &length);
  return true;
}

bool ReadBlob(napi_env env, napi_value value, std::vector<std::uint8_t>* blob) {
  void* data = nullptr;
  std::size_t count = 0;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, value, &type, &count, &data, nullptr,
                               nullptr) != napi_ok ||
      type != napi_uint8_array) {
    return false;
  }
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  blob->assign(bytes, bytes + count);
  return true;
}

}  // namespace

void Realm::SetTape(std::uint32_t number, std::uint8_t* tags,
                    std::size_t tag_count, double* words,
                    std::size_t word_count) {
  if (number >= tapes_.size()) tapes_.resize(number + 1);
  tapes_[number] = {tags, tag_count, words, word_count};
}

// `extras`: undefined, the text, or an array of the text and the blobs.
bool Realm::Receive(napi_value extras, Tape* tape) {
  const auto number = static_cast<std::size_t>(Reg(Register::kTape));
  const auto tags = static_cast<std::size_t>(Reg(Register::kTags));
  const auto words = static_cast<std::size_t>(Reg(Register::kWords));
  if (number >= tapes_.size()) return false;
  const Memory& memory = tapes_[number];
  if (tags > memory.tag_count || words > memory.word_count) return false;
  tape->tags.assign(memory.tags, memory.tags + tags);
  tape->words.assign(memory.words, memory.words + words);
  napi_valuetype type = napi_undefined;
  napi_typeof(env_, extras, &type);
  if (type == napi_undefined) return true;
  if (type == napi_string) return ReadText(env_, extras, &tape->text);
  std::uint32_t count = 0;
  if (napi_get_array_length(env_, extras, &count) != napi_ok || count == 0) {
    return false;
  }
  napi_value item = nullptr;
  napi_get_element(env_, extras, 0, &item);
  if (!ReadText(env_, item, &tape->text)) return false;
  for (std::uint32_t i = 1; i < count; ++i) {
    napi_get_element(env_, extras, i, &item);
    if (!ReadBlob(env_, item, &tape->blobs.emplace_back())) return false;
  }
  return true;
}

// Extras: undefined, the text, or an array: text, tags and words (where they do
// not fit into the shared memory), long texts, blobs. Where there is no memory:
// a RangeError, for the reader to throw.
napi_value Realm::Deliver(const Tape& tape) {
  SetKind(Kind::kTape);
  Reg(Register::kTags) = static_cast<std::int32_t>(tape.tags.size());
  Reg(Register::kWords) = static_cast<std::int32_t>(tape.words.size());
  const bool fits = tape.tags.size() <= out_.tag_count &&
                    tape.words.size() <= out_.word_count;
  if (fits) {
    std::copy(tape.tags.begin(), tape.tags.end(), out_.tags);
    std::copy(tape.words.begin(), tape.words.end(), out_.words);
  }
  napi_value undefined = nullptr;
  napi_get_undefined(env_, &undefined);
  if (fits && tape.text.empty() && tape.blobs.empty() &&
      tape.long_texts.empty()) {
    return undefined;
  }
  napi_value value = nullptr;
  Extras extras(env_);
  const bool is_text = fits && tape.blobs.empty() && tape.long_texts.empty();
  const bool done = MemoryLasts([&] {
    value = is_text ? extras.Text(tape.text)
                    : All(env_, extras, tape, fits ? undefined : nullptr);
  });
  return done && !extras.failed() ? value : Undelivered(*this, tape);
}

}  // namespace inmem::bridge
