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

/** For the fuzzers: libFuzzer is clang's alone. */
export const clangPackages = [{ program: "clang++", package: "clang" }];

/** For the tests that watch system calls, and for the count of `npm start`. */
export const stracePackages = [{ program: "strace", package: "strace" }];

/** For the tests with real servers (test/helpers/servers). */
export const opensslPackages = [{ program: "openssl", package: "openssl" }];
export const postgresPackages = [{ file: "/usr/lib/postgresql", package: "postgresql" }];
export const mariadbPackages = [
  { file: "/usr/sbin/mariadbd", package: "mariadb-server-core" },
  // mariadb-install-db asks for it.
  { program: "my_print_defaults", package: "mariadb-client" },
];
export const socksPackages = [{ program: "microsocks", package: "microsocks" }];

/** To build mysqlclient into a wheel, as the test of the repaired wheel does. */
export const mysqlclientPackages = [
  ...compiler,
  { program: "pkg-config", package: "pkg-config" },
  { program: "mariadb_config", package: "libmariadb-dev" },
];

/** To link LLVM's C++ library into an object, as some wheels do. */
export const libcxxPackages = [
  { file: "/usr/lib/x86_64-linux-gnu/libc++.a", package: "libc++-dev" },
  { file: "/usr/lib/x86_64-linux-gnu/libc++abi.so", package: "libc++abi-dev" },
];

/** To look at the pages that we write, as a browser shows them. */
export const chromiumPackages = [{ program: "chromium", package: "chromium" }];

/** For the peers of bench/bridge: node-calls-python is compiled, and runs the system's Python. */
export const peerPackages = [
  ...compiler,
  { program: "make", package: "make" },
  { file: "/usr/bin/python3", package: "python3" },
  { file: "/usr/bin/python3-config", package: "python3-dev" },
];
