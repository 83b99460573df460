// native/vfs/normalize.cc: lexical normalisation of paths.
#include <cstddef>
#include <string>
#include <string_view>

#include "vfs/tree.h"

namespace inmem::vfs {

std::string Normalize(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t slash = path.find('/', at);
    const std::size_t end =
        slash == std::string_view::npos ? path.size() : slash;
    const std::string_view component = path.substr(at, end - at);
    at = end + 1;
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      // "/.." is "/": out is empty then and stays so.
      const std::size_t parent = out.rfind('/');
      out.resize(parent == std::string::npos ? 0 : parent);
      continue;
    }
    out += '/';
    out += component;
  }
  return out.empty() ? "/" : out;
}

}  // namespace inmem::vfs
