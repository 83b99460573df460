// native/bridge/tape_exchange.cc: tapes, handed to JavaScript and taken from
// it.
#include "cpython/python_setup.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "bridge/realm.h"
#include "bridge/tape.h"

namespace inmem::bridge {
namespace {

bool IsLatin1(const std::u16string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char16_t unit) { return unit < 256; });
}

// One byte a unit where that holds it: half the memory.
napi_value StringOf(napi_env env, const std::u16string& text) {
  napi_value value = nullptr;
  if (IsLatin1(text)) {
    const std::string narrow(text.begin(), text.end());
    napi_create_string_latin1(env, narrow.data(), narrow.size(), &value);
  } else {
    napi_create_string_utf16(env, text.data(), text.size(), &value);
  }
  return value;
}

template <typename T>
napi_value BufferOf(napi_env env, const std::vector<T>& items) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  const std::size_t bytes = items.size() * sizeof(T);
  if (napi_create_arraybuffer(env, bytes, &data, &buffer) == napi_ok &&
      bytes != 0) {
    std::memcpy(data, items.data(), bytes);
  }
  return buffer;
}

bool ReadText(napi_env env, napi_value value, std::u16string* text) {
  std::size_t length = 0;
  if (napi_get_value_string_utf16(env, value, nullptr, 0, &length) != napi_ok) {
    return false;
  }
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
// not fit into the shared memory), long texts, blobs.
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
  napi_value extras = nullptr;
  napi_get_undefined(env_, &extras);
  if (fits && tape.blobs.empty() && tape.long_texts.empty()) {
    return tape.text.empty() ? extras : StringOf(env_, tape.text);
  }
  napi_value undefined = extras;
  napi_create_array(env_, &extras);
  napi_set_element(env_, extras, 0, StringOf(env_, tape.text));
  napi_set_element(env_, extras, 1,
                   fits ? undefined : BufferOf(env_, tape.tags));
  napi_set_element(env_, extras, 2,
                   fits ? undefined : BufferOf(env_, tape.words));
  napi_value list = nullptr;
  napi_create_array_with_length(env_, tape.long_texts.size(), &list);
  for (std::size_t i = 0; i < tape.long_texts.size(); ++i) {
    napi_set_element(env_, list, static_cast<std::uint32_t>(i),
                     StringOf(env_, tape.long_texts[i]));
  }
  napi_set_element(env_, extras, 3, list);
  napi_create_array_with_length(env_, tape.blobs.size(), &list);
  for (std::size_t i = 0; i < tape.blobs.size(); ++i) {
    napi_set_element(env_, list, static_cast<std::uint32_t>(i),
                     BufferOf(env_, tape.blobs[i]));
  }
  napi_set_element(env_, extras, 4, list);
  return extras;
}

}  // namespace inmem::bridge
