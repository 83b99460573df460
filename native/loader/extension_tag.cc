// native/loader/extension_tag.cc: for which Python a file name says it is.
#include "loader/extension_tag.h"

namespace inmem::loader {
namespace {

// The part of `tag` before its `count`-th '-'; all of it if there are fewer.
std::string_view Parts(std::string_view tag, int count) {
  std::size_t at = 0;
  for (; count > 0; --count) {
    at = tag.find('-', at);
    if (at == std::string_view::npos) return tag;
    ++at;
  }
  return tag.substr(0, at - 1);
}

}  // namespace

std::string_view ExtensionTag(std::string_view base_name) {
  if (!base_name.ends_with(".so")) return {};
  base_name.remove_suffix(3);
  const auto dot = base_name.rfind('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view tag = base_name.substr(dot + 1);
  // Both have two parts before the platform.
  const bool tagged = tag.starts_with("cpython-") || tag.starts_with("pypy");
  return tagged ? Parts(tag, 2) : std::string_view();
}

}  // namespace inmem::loader
