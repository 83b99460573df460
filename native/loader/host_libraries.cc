// native/loader/host_libraries.cc: what wheels may expect of the host.
#include "loader/host_libraries.h"

#include <algorithm>
#include <array>

namespace inmem::loader {
namespace {

// glibc's own parts.
constexpr std::array<std::string_view, 12> kCLibrary = {"libc.so.6",
                                                        "libm.so.6",
                                                        "libdl.so.2",
                                                        "libpthread.so.0",
                                                        "librt.so.1",
                                                        "libutil.so.1",
                                                        "libresolv.so.2",
                                                        "libanl.so.1",
                                                        "libmvec.so.1",
                                                        "ld-linux-x86-64.so.2",
                                                        "ld-linux-aarch64.so.1",
                                                        "ld-linux.so.2"};

constexpr std::array<std::string_view, 2> kCxxRuntime = {"libstdc++.so.6",
                                                         "libgcc_s.so.1"};

constexpr std::array<std::string_view, 13> kOther = {
    "libatomic.so.1",      "libnsl.so.1",      "libX11.so.6",
    "libXext.so.6",        "libXrender.so.1",  "libICE.so.6",
    "libSM.so.6",          "libGL.so.1",       "libgobject-2.0.so.0",
    "libgthread-2.0.so.0", "libglib-2.0.so.0", "libz.so.1",
    "libexpat.so.1"};

template <std::size_t kCount>
bool Has(const std::array<std::string_view, kCount>& names,
         std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Provider ProviderOf(std::string_view soname) {
  if (Has(kCLibrary, soname)) return Provider::kHost;
  if (Has(kCxxRuntime, soname)) return Provider::kLoadedThenArchive;
  if (Has(kOther, soname)) return Provider::kArchiveThenHost;
  return Provider::kArchive;
}

bool IsMusl(std::string_view soname) {
  return soname.starts_with("libc.musl-") || soname.starts_with("ld-musl-");
}

}  // namespace inmem::loader
