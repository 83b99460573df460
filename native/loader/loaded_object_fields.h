// native/loader/loaded_object_fields.h: an object's facts by the names that
// JavaScript and Python have for them.
#pragma once

#include <cstdint>
#include <string_view>

#include "loader/loader.h"

namespace inmem::loader {

// Calls visit(name, value) for each but the rebindings; a value is a
// std::string_view, a std::uint64_t or a double. lib/shared-objects.ts says
// what each is.
template <typename Visit>
void VisitFields(const LoadedObject& object, const Visit& visit) {
  visit("path", std::string_view(object.path));
  visit("soname", std::string_view(object.soname));
  visit("memfdName", std::string_view(object.memfd_name));
  visit("tier", std::string_view(TierName(object.tier)));
  visit("reason", std::string_view(object.reason));
  visit("buildId", std::string_view(object.build_id));
  visit("base", std::uint64_t{object.base});
  visit("memoryBytes", object.memory_bytes);
  visit("sizeBytes", object.size_bytes);
  visit("copiedBytes", object.copied_bytes);
  visit("mappedBytes", object.mapped_bytes);
  visit("milliseconds", object.milliseconds);
  visit("bindingMilliseconds", object.binding_milliseconds);
  visit("constructorMilliseconds", object.constructor_milliseconds);
}

}  // namespace inmem::loader
