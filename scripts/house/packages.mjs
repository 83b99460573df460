// scripts/house/packages.mjs: the system packages that each of our commands needs, beyond CPython's build.

const compiler = [
  { program: "gcc", package: "gcc" },
  { program: "g++", package: "g++" },
  { file: "/usr/include/stdlib.h", package: "libc6-dev" },
];

/** For the addon: CMake, Ninja, and ccache so that a second checkout compiles nothing again. */
export const addonPackages = [
  ...compiler,
  { program: "cmake", package: "cmake" },
  { program: "ninja", package: "ninja-build" },
  { program: "ccache", package: "ccache" },
];

/** For the native unit tests. */
export const nativeTestPackages = [{ file: "/usr/include/gtest/gtest.h", package: "libgtest-dev" }];

/** For the tests that watch system calls, and for the count of `npm start`. */
export const stracePackages = [{ program: "strace", package: "strace" }];
