// native/loader/component_versions.cc: what ld.so takes for granted about
// versions, and ends the process by an assertion where it is not so.
#include <algorithm>
#include <string>
#include <string_view>

#include "loader/component.h"
#include "loader/host_libraries.h"
#include "os/dynamic_linker.h"

namespace inmem::loader {
namespace {

// A symbol that `file` asks of `provider` by name and by a version of
// `need`; "" where there is none.
std::string_view VersionedUse(const elf::ElfFile& file, std::string_view need,
                              const elf::SymbolTable& provider) {
  const elf::SymbolTable symbols(file);
  const auto versions = file.SymbolVersions();
  const auto is_of_need = [&](std::uint16_t index) {
    return std::any_of(file.version_needs().begin(), file.version_needs().end(),
                       [&](const elf::VersionNeed& version) {
                         return version.file == need && version.index == index;
                       });
  };
  constexpr std::uint16_t kIndex = 0x7fff;
  for (std::uint32_t i = 1; i < versions.size(); ++i) {
    if (symbols.At(i).st_shndx != SHN_UNDEF) continue;
    if (!is_of_need(versions[i] & kIndex)) continue;
    const auto reference = symbols.ReferenceOf(i);
    if (provider.Find(reference, elf::SymbolTable::Use::kAddress) != nullptr) {
      return reference.name;
    }
  }
  return {};
}

}  // namespace

Status Component::VerifyVersions() {
  for (const Copy& copy : copies_) {
    std::string_view last;
    for (const auto& version : copy.node->bytes.file->version_needs()) {
      if (version.file == last) continue;
      last = version.file;
      if (ProviderOf(last) == Provider::kHost) continue;
      Status status = VerifyVersionsOf(copy, std::string(last));
      if (!status.ok()) return status;
    }
  }
  return Status::Ok();
}

Status Component::VerifyVersionsOf(const Copy& copy, const std::string& name) {
  const elf::ElfFile& file = *copy.node->bytes.file;
  const auto need =
      std::find_if(file.needs().begin(), file.needs().end(),
                   [&name](const elf::Need& n) { return n.name == name; });
  const bool is_needed = need != file.needs().end();
  const Edge edge =
      is_needed ? copy.node->edges[need - file.needs().begin()] : Edge();
  if (is_needed && IsInside(edge)) {
    return VerifyVersioned(copy, name,
                           elf::SymbolTable(*edge.node->bytes.file));
  }
  if (SharedObject* object = is_needed ? TargetOf(edge) : nullptr) {
    return VerifyVersioned(copy, name, object->image.symbols);
  }
  // Also makes the name known to the object that has it as its soname.
  if (void* handle = os::FindLoaded(name)) {
    return VerifyVersioned(copy, name, registry_.HostImage(handle).symbols);
  }
  if (is_needed) return Status::Ok();  // ld.so will look for it
  // patchelf --remove-needed leaves the versions behind that were asked of the
  // library. ld.so then looks for it among what is loaded.
  return {ErrorCode::kMissingLibrary,
          copy.node->label + ": asks for versions of " + name +
              ", which is not loaded (expected a DT_NEEDED of it, or that it "
              "was loaded before); load it first, or build the wheel again "
              "without patchelf --remove-needed"};
}

// A library may have the right name and be another build of it, without any
// versions: "a symbol must not simply disappear", says ld.so.
Status Component::VerifyVersioned(const Copy& copy, const std::string& name,
                                  const elf::SymbolTable& provider) {
  if (provider.versioned()) return Status::Ok();
  const std::string symbol(
      VersionedUse(*copy.node->bytes.file, name, provider));
  if (symbol.empty()) return Status::Ok();
  return {ErrorCode::kMissingLibrary,
          copy.node->label + ": asks for a version of " + symbol + " of " +
              name +
              ", which was built without versions (expected the build that it "
              "was linked with); put that one into the bundle"};
}

}  // namespace inmem::loader
