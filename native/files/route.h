// native/files/route.h: a call to the kernel, to us, or to both in turn.
// Private to the layer.
#pragma once

#include <fcntl.h>

#include <cerrno>
#include <type_traits>

#include "files/resolve.h"

namespace inmem::files {

// What a failed call returns: -1 or null.
template <typename T>
constexpr T Failure() {
  if constexpr (std::is_pointer_v<T>) {
    return nullptr;
  } else {
    return static_cast<T>(-1);
  }
}

template <typename T = int>
T Fail(int error) {
  errno = error;
  return Failure<T>();
}

// Calls real(folder, path), or ours(target) for what lies in a mount: something
// that exists, or is missing there.
template <typename Real, typename Ours>
auto Route(int folder, const char* path, unsigned wish, Real real, Ours ours)
    -> decltype(real(folder, path)) {
  using Value = decltype(real(folder, path));
  Target target;
  if (!LookBefore(folder, path, wish, target)) {
    const Value result = real(folder, path);
    if (result != Failure<Value>() ||
        !LookAfter(errno, folder, path, wish, target)) [[likely]] {
      return result;
    }
  }
  if (target.kind == Target::Kind::kReal) {
    return real(AT_FDCWD, target.path.c_str());
  }
  return ours(target);
}

// The same where a missing name is an error and nothing else.
template <typename Real, typename Ours>
auto RouteExisting(int folder, const char* path, unsigned wish, Real real,
                   Ours ours) -> decltype(real(folder, path)) {
  using Value = decltype(real(folder, path));
  return Route(folder, path, wish, real, [&ours](const Target& target) {
    return target.exists() ? ours(target) : Fail<Value>(target.error);
  });
}

inline unsigned FollowUnless(bool no_follow) {
  return no_follow ? 0U : static_cast<unsigned>(kFollow);
}

}  // namespace inmem::files
