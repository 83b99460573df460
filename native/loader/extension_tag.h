// native/loader/extension_tag.h: for which Python a file name says it is.
#pragma once

#include <string_view>

namespace inmem::loader {

// "cpython-313" of "x.cpython-313-x86_64-linux-gnu.so", "pypy310-pp73" of
// "x.pypy310-pp73-x86_64-linux-gnu.so"; "" where the name carries no tag of one
// Python version (".abi3.so", ".so").
// Takes: the last component of a path. Gives: a view into it.
// Source: PEP 3149.
std::string_view ExtensionTag(std::string_view base_name);

}  // namespace inmem::loader
