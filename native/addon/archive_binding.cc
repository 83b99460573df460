// native/addon/archive_binding.cc: archives and ELF files for the bundler.
#include "napi/napi_setup.h"

#include "addon/archive_binding.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "addon/elf_binding.h"
#include "addon/errors.h"
#include "archive/archive.h"
#include "archive/byte_source.h"
#include "base/status.h"
#include "elf/elf_file.h"
#include "os/file_source.h"

namespace inmem::addon {
namespace {

using archive::Archive;
using Shared = std::shared_ptr<const Archive>;

std::span<const std::byte> Bytes(const Napi::Value& value) {
  auto array = value.As<Napi::Uint8Array>();
  return {reinterpret_cast<const std::byte*>(array.Data()), array.ByteLength()};
}

Napi::Object DescribeEntry(Napi::Env env, const archive::Entry& entry) {
  Napi::Object object = Napi::Object::New(env);
  auto number = [&](const char* name, double value) {
    object.Set(name, Napi::Number::New(env, value));
  };
  object.Set("name",
             Napi::String::New(env, entry.name.data(), entry.name.size()));
  number("sizeBytes", static_cast<double>(entry.size_bytes));
  number("compressedSizeBytes",
         static_cast<double>(entry.compressed_size_bytes));
  number("method", static_cast<double>(entry.method));
  number("crc32", entry.crc32);
  number("dosTime", entry.dos_time);
  number("mode", entry.unix_mode);
  return object;
}

// Checks an index argument; null Status where it is good.
bool IndexArgument(const Napi::CallbackInfo& info, const Archive& archive,
                   Archive::Index* out) {
  double value = info.Length() > 0 && info[0].IsNumber()
                     ? info[0].As<Napi::Number>().DoubleValue()
                     : -1;
  if (value >= 0 && value < static_cast<double>(archive.entry_count())) {
    *out = static_cast<Archive::Index>(value);
    return true;
  }
  Napi::RangeError::New(info.Env(), "index out of range")
      .ThrowAsJavaScriptException();
  return false;
}

Napi::Value ReadEntry(const Napi::CallbackInfo& info, const Shared& archive) {
  Archive::Index index = 0;
  if (!IndexArgument(info, *archive, &index)) return info.Env().Undefined();
  auto bytes = archive->Read(index);
  if (!bytes.ok()) return Throw(info.Env(), bytes.status());
  auto span = bytes.value().span();
  return Napi::Buffer<std::byte>::Copy(info.Env(), span.data(), span.size());
}

Napi::Value DataOffset(const Napi::CallbackInfo& info, const Shared& archive) {
  Archive::Index index = 0;
  if (!IndexArgument(info, *archive, &index)) return info.Env().Undefined();
  auto offset = archive->DataOffset(index);
  if (!offset.ok()) return Throw(info.Env(), offset.status());
  return Napi::Number::New(info.Env(), static_cast<double>(offset.value()));
}

// The bytes of a buffer, held by a reference: V8 moves the object, not them.
std::shared_ptr<const archive::ByteSource> BufferSource(
    const Napi::CallbackInfo& info) {
  auto held = std::make_shared<Napi::Reference<Napi::Uint8Array>>(
      Napi::Persistent(info[0].As<Napi::Uint8Array>()));
  std::string name = info.Length() > 1 && info[1].IsString()
                         ? info[1].As<Napi::String>().Utf8Value()
                         : "<buffer>";
  return std::make_shared<archive::MemorySource>(std::move(name),
                                                 Bytes(info[0]), held);
}

Napi::Value OpenArchive(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::shared_ptr<const archive::ByteSource> source;
  if (info.Length() > 0 && info[0].IsString()) {
    auto file = os::OpenFileSource(info[0].As<Napi::String>().Utf8Value());
    if (!file.ok()) return Throw(env, file.status());
    source = file.Take();
  } else if (info.Length() > 0 && info[0].IsTypedArray()) {
    source = BufferSource(info);
  } else {
    Napi::TypeError::New(env, "expected a path or a Uint8Array")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  auto opened = Archive::Open(std::move(source));
  if (!opened.ok()) return Throw(env, opened.status());
  Shared archive = opened.Take();
  Napi::Array entries = Napi::Array::New(env, archive->entry_count());
  for (std::size_t i = 0; i < archive->entry_count(); ++i) {
    Napi::HandleScope scope(env);
    entries.Set(
        static_cast<std::uint32_t>(i),
        DescribeEntry(env, archive->entry(static_cast<Archive::Index>(i))));
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("entries", entries);
  // The functions own the archive: it is closed when they are collected.
  object.Set("read", Napi::Function::New(
                         env,
                         [archive](const Napi::CallbackInfo& call) {
                           return ReadEntry(call, archive);
                         },
                         "read"));
  object.Set("dataOffset", Napi::Function::New(
                               env,
                               [archive](const Napi::CallbackInfo& call) {
                                 return DataOffset(call, archive);
                               },
                               "dataOffset"));
  object.Set("objects", ObjectsFunction(env, archive));
  return object;
}

Napi::Value ElfInfo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsTypedArray() || !info[1].IsString()) {
    Napi::TypeError::New(env, "expected (bytes, name)")
        .ThrowAsJavaScriptException();
    return env.Undefined();
  }
  auto parsed = elf::ElfFile::Parse(Bytes(info[0]),
                                    info[1].As<Napi::String>().Utf8Value());
  if (!parsed.ok()) return Throw(env, parsed.status());
  const elf::ElfFile& file = parsed.value();
  Napi::Array needed = Napi::Array::New(env);
  Napi::Array exports = Napi::Array::New(env);
  auto text = [&](std::string_view view) {
    return Napi::String::New(env, view.data(), view.size());
  };
  for (const elf::Need& need : file.needs()) {
    needed.Set(needed.Length(), text(need.name));
  }
  for (const elf::Symbol& symbol : file.Symbols()) {
    if (symbol.defined()) exports.Set(exports.Length(), text(symbol.name));
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("soname", text(file.soname()));
  object.Set("needed", needed);
  object.Set("runpath",
             text(file.runpath().value_or(file.rpath().value_or(""))));
  object.Set("exports", exports);
  return object;
}

}  // namespace

void AddArchiveBinding(Napi::Env env, Napi::Object exports) {
  exports.Set("openArchive", Napi::Function::New(env, OpenArchive));
  exports.Set("elfInfo", Napi::Function::New(env, ElfInfo));
}

}  // namespace inmem::addon
