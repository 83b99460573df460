// native/addon/elf_binding.cc: facts of ELF files, for the audit; strip, for
// the bundler.
#include "napi/napi_setup.h"

#include "addon/elf_binding.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "archive/codec.h"
#include "archive/zstd_stream.h"
#include "base/status.h"
#include "elf/object_facts.h"
#include "elf/strip.h"

namespace inmem::addon {
namespace {

using archive::Archive;
using elf::ObjectFacts;
using Shared = std::shared_ptr<const Archive>;

// Enough for the tables of a block of deflate and some bytes of content.
constexpr std::uint64_t kHeadBytes = 2048;
// A place for some bytes of content: one that a match of deflate's, 258 bytes,
// does not fill.
constexpr std::size_t kPlaceBytes = 1024;
constexpr std::byte kUntouched{0xa5};
// zstd's blocks give nothing before they are there as a whole: 128 KiB, and
// some bytes of headers.
constexpr std::uint64_t kZstdHeadBytes = 132 * 1024;
constexpr std::size_t kMagicBytes = 4;
using Magic = std::array<std::byte, kMagicBytes>;

struct Facts {
  Archive::Index index = 0;
  ObjectFacts facts;
};

Napi::Array Texts(Napi::Env env, const std::vector<std::string>& texts) {
  Napi::Array array = Napi::Array::New(env, texts.size());
  std::uint32_t index = 0;
  for (const std::string& text : texts) array.Set(index++, text);
  return array;
}

Napi::Array VersionNeeds(Napi::Env env, const ObjectFacts& facts) {
  Napi::Array array = Napi::Array::New(env, facts.version_needs.size());
  std::uint32_t index = 0;
  for (const ObjectFacts::VersionNeed& need : facts.version_needs) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("file", need.file);
    object.Set("version", need.version);
    object.Set("weak", need.weak);
    array.Set(index++, object);
  }
  return array;
}

Napi::Value Problem(Napi::Env env, const Status& status) {
  if (status.ok()) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("code", std::string(ErrorName(status.code())));
  object.Set("message", status.message());
  return object;
}

Napi::Object Describe(Napi::Env env, const ObjectFacts& facts) {
  Napi::Object object = Napi::Object::New(env);
  const auto number = [&](const char* name, std::uint64_t value) {
    object.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  };
  const auto path = [&](const char* name,
                        const std::optional<std::string>& value) {
    if (value) object.Set(name, *value);
    if (!value) object.Set(name, env.Null());
  };
  object.Set("class", facts.elf_class);
  object.Set("data", facts.data);
  object.Set("machine", facts.machine);
  object.Set("type", facts.type);
  object.Set("problem", Problem(env, facts.problem));
  object.Set("staticProgram", facts.static_program);
  object.Set("interpreter", facts.interpreter);
  object.Set("soname", facts.soname);
  path("rpath", facts.rpath);
  path("runpath", facts.runpath);
  object.Set("needed", Texts(env, facts.needed));
  object.Set("versionNeeds", VersionNeeds(env, facts));
  object.Set("versionDefinitions", Texts(env, facts.version_definitions));
  object.Set("moduleEntries", Texts(env, facts.module_entries));
  object.Set("undefined", facts.undefined);
  object.Set("defined", facts.defined);
  object.Set("executableStack", facts.executable_stack);
  object.Set("textRelocations", facts.text_relocations);
  object.Set("buildId", facts.build_id);
  number("x86IsaNeeded", facts.x86_isa_needed);
  number("copiedBytes", facts.copied_bytes);
  number("mappedBytes", facts.mapped_bytes);
  object.Set("mapRefusal", facts.map_refusal);
  return object;
}

// The first bytes of an entry as the archive has it; none where they cannot be
// read.
std::vector<std::byte> PackedHead(const Archive& archive, Archive::Index index,
                                  std::uint64_t most) {
  const auto offset = archive.DataOffset(index);
  if (!offset.ok()) return {};
  std::vector<std::byte> head(static_cast<std::size_t>(
      std::min(most, archive.entry(index).compressed_size_bytes)));
  if (!archive.source().ReadAt(offset.value(), head).ok()) return {};
  return head;
}

// Where deflate's first block is stored, its content stands behind the type's
// byte, the length and the length's complement.
std::optional<Magic> StoredBlockMagic(std::span<const std::byte> head) {
  constexpr std::size_t kBegin = 5;
  constexpr std::byte kTypeBits{6};
  if (head.size() < kBegin + kMagicBytes) return std::nullopt;
  const bool is_long =
      head[1] >= std::byte{kMagicBytes} || head[2] != std::byte{0};
  if ((head[0] & kTypeBits) != std::byte{0} || !is_long) return std::nullopt;
  Magic magic{};
  std::copy_n(head.begin() + kBegin, kMagicBytes, magic.begin());
  return magic;
}

// The first bytes of a deflated entry's content, from its first block alone:
// a bundle has thousands of entries that are no ELF files, and inflating all of
// them is most of an audit's time. nullopt where they cannot be had so: then
// the whole entry tells.
std::optional<Magic> DeflatedMagic(const Archive& archive,
                                   Archive::Index index) {
  const auto head = PackedHead(archive, index, kHeadBytes);
  if (const auto magic = StoredBlockMagic(head)) return magic;
  // The place is too small on purpose, and so filled from its start.
  std::array<std::byte, kPlaceBytes> place;
  place.fill(kUntouched);
  const auto result =
      archive::Decompress(archive::Method::kDeflate, head, place);
  (void)result;
  const auto is_touched = [](std::byte byte) { return byte != kUntouched; };
  const auto behind = place.begin() + kMagicBytes;
  if (!std::all_of(place.begin(), behind, is_touched) &&
      std::none_of(behind, place.end(), is_touched)) {
    return std::nullopt;
  }
  Magic magic{};
  std::copy_n(place.begin(), kMagicBytes, magic.begin());
  return magic;
}

// Likewise of zstd.
std::optional<Magic> ZstdMagic(const Archive& archive, Archive::Index index) {
  const auto head = PackedHead(archive, index, kZstdHeadBytes);
  const auto stream = archive::ZstdStream::Decompressor();
  archive::ZstdStream::Step step;
  Magic magic{};
  if (stream == nullptr || !stream->Next(head, false, magic, &step).ok() ||
      step.produced_bytes < magic.size()) {
    return std::nullopt;
  }
  return magic;
}

bool CanBeElf(const Archive& archive, Archive::Index index) {
  const archive::Entry entry = archive.entry(index);
  if (entry.is_directory() || entry.size_bytes < kMagicBytes) return false;
  std::optional<Magic> magic;
  if (entry.method == archive::Method::kDeflate) {
    magic = DeflatedMagic(archive, index);
  } else if (entry.method == archive::Method::kZstd) {
    magic = ZstdMagic(archive, index);
  } else if (entry.method == archive::Method::kStored && !entry.encrypted) {
    const auto offset = archive.DataOffset(index);
    magic.emplace();
    if (!offset.ok() || !archive.source().ReadAt(offset.value(), *magic).ok()) {
      magic.reset();
    }
  }
  return !magic || elf::HasElfMagic(*magic);
}

class ObjectsWorker final : public Napi::AsyncWorker {
 public:
  ObjectsWorker(Napi::Env env, Shared archive,
                std::vector<Archive::Index> indices)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        archive_(std::move(archive)),
        indices_(std::move(indices)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override {
    for (const Archive::Index index : indices_) {
      if (!CanBeElf(*archive_, index)) continue;
      const auto bytes = archive_->Read(index);
      if (!bytes.ok()) {
        // A damaged entry spoils its own facts, not those of the others.
        Facts unread{index, {}};
        unread.facts.problem = bytes.status();
        found_.push_back(std::move(unread));
        continue;
      }
      const auto span = bytes.value().span();
      if (!elf::HasElfMagic(span)) continue;
      const std::string label =
          archive_->name() + "!/" + std::string(archive_->entry_name(index));
      found_.push_back({index, elf::ReadObjectFacts(span, label)});
    }
  }

  void OnOK() override {
    Napi::HandleScope scope(Env());
    Napi::Array array = Napi::Array::New(Env(), found_.size());
    std::uint32_t position = 0;
    for (const Facts& found : found_) {
      Napi::HandleScope inner(Env());
      Napi::Object object = Describe(Env(), found.facts);
      object.Set("index", Napi::Number::New(Env(), found.index));
      array.Set(position++, object);
    }
    deferred_.Resolve(array);
  }

 private:
  Napi::Promise::Deferred deferred_;
  Shared archive_;
  std::vector<Archive::Index> indices_;
  std::vector<Facts> found_;
};

Napi::Value Objects(const Napi::CallbackInfo& info, const Shared& archive) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsTypedArray() ||
      info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array) {
    Napi::TypeError::New(env, "expected a Uint32Array")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const auto given = info[0].As<Napi::Uint32Array>();
  std::vector<Archive::Index> indices(given.Data(),
                                      given.Data() + given.ElementLength());
  for (const Archive::Index index : indices) {
    if (index < archive->entry_count()) continue;
    Napi::RangeError::New(env, "index out of range")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  // Owned by the queue: it deletes itself when it is done.
  auto* worker = new ObjectsWorker(env, archive, std::move(indices));
  worker->Queue();
  return worker->promise();
}

// elfFacts(bytes, name): of one file; null where it is no ELF file.
Napi::Value ElfFacts(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsTypedArray() || !info[1].IsString()) {
    Napi::TypeError::New(env, "expected (bytes, name)")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const auto array = info[0].As<Napi::Uint8Array>();
  const std::span<const std::byte> bytes(
      reinterpret_cast<const std::byte*>(array.Data()), array.ByteLength());
  if (!elf::HasElfMagic(bytes)) return env.Null();
  return Describe(
      env, elf::ReadObjectFacts(bytes, info[1].As<Napi::String>().Utf8Value()));
}

// elfWithoutDebug(bytes): null where the file stays as it is.
Napi::Value ElfWithoutDebug(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsTypedArray()) {
    Napi::TypeError::New(env, "expected bytes").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const auto array = info[0].As<Napi::Uint8Array>();
  const auto found = elf::WithoutDebug(
      {reinterpret_cast<const std::byte*>(array.Data()), array.ByteLength()});
  if (!found) return env.Null();
  return Napi::Buffer<std::byte>::Copy(env, found->data(), found->size());
}

Napi::Value GlibcVersion(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), gnu_get_libc_version());
}

// missingPythonSymbols(lines): what no symbol of this addon, which is Python,
// is called. Names of CPython's alone: others might be found in what it needs.
Napi::Value MissingPythonSymbols(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsString()) {
    Napi::TypeError::New(env, "expected a string").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  Dl_info own = {};
  if (dladdr(reinterpret_cast<void*>(MissingPythonSymbols), &own) == 0) {
    return Napi::String::New(env, "");
  }
  void* handle = dlopen(own.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  std::string missing;
  const std::string lines = info[0].As<Napi::String>().Utf8Value();
  for (std::size_t at = 0; handle != nullptr && at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const std::string name = lines.substr(at, end - at);
    if (dlsym(handle, name.c_str()) == nullptr) {
      if (!missing.empty()) missing += '\n';
      missing += name;
    }
    at = end + 1;
  }
  if (handle != nullptr) dlclose(handle);
  return Napi::String::New(env, missing);
}

}  // namespace

Napi::Function ObjectsFunction(Napi::Env env, Shared archive) {
  return Napi::Function::New(
      env,
      [archive = std::move(archive)](const Napi::CallbackInfo& call) {
        return Objects(call, archive);
      },
      "objects");
}

void AddElfBinding(Napi::Env env, Napi::Object exports) {
  exports.Set("elfFacts", Napi::Function::New(env, ElfFacts));
  exports.Set("elfWithoutDebug", Napi::Function::New(env, ElfWithoutDebug));
  exports.Set("glibcVersion", Napi::Function::New(env, GlibcVersion));
  exports.Set("missingPythonSymbols",
              Napi::Function::New(env, MissingPythonSymbols));
}

}  // namespace inmem::addon
