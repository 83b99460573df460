// native/files/route.h: a call to the kernel, to us, or to both in turn.
// Private to the layer.
#pragma once

#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <type_traits>

#include "files/look.h"

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

// Route where it takes more than the real function: that has failed, or may not
// be meant. Not inline, so that the way of all others stays a short one.
template <typename Real, typename Ours>
[[gnu::noinline]] auto RouteClosely(bool has_failed, int folder,
                                    const char* path, unsigned wish, Real real,
                                    Ours ours) -> decltype(real(folder, path)) {
  using Value = decltype(real(folder, path));
  std::optional<Target> target;
  if (!has_failed) {
    target = LookBefore(folder, path, wish);
    if (!target) {
      const Value result = real(folder, path);
      if (result != Failure<Value>()) return result;
    }
  }
  if (!target) target = LookAfter(errno, folder, path, wish);
  if (!target) return Failure<Value>();
  return target->kind == Target::Kind::kReal
             ? real(AT_FDCWD, target->path.c_str())
             : ours(*target);
}

// Calls real(folder, path), or ours(target) for what lies in a mount: something
// that exists, or is missing there.
template <typename Real, typename Ours>
auto Route(int folder, const char* path, unsigned wish, Real real, Ours ours)
    -> decltype(real(folder, path)) {
  using Value = decltype(real(folder, path));
  const bool is_real = IsPlainlyReal(path);
  if (is_real) [[likely]] {
    const Value result = real(folder, path);
    if (result != Failure<Value>()) [[likely]]
      return result;
  }
  return RouteClosely(is_real, folder, path, wish, real, ours);
}

// The same where a missing name is an error and nothing else.
template <typename Real, typename Ours>
auto RouteExisting(int folder, const char* path, unsigned wish, Real real,
                   Ours ours) -> decltype(real(folder, path)) {
  using Value = decltype(real(folder, path));
  return Route(folder, path, wish, real, [ours](const Target& target) {
    return target.exists() ? ours(target) : Fail<Value>(target.error);
  });
}

inline unsigned FollowUnless(bool no_follow) {
  return no_follow ? 0U : static_cast<unsigned>(kFollow);
}

}  // namespace inmem::files
