// test/wheels/pillow/setup.mjs: Raqm opens FriBiDi of the host by itself: the wheel carries none.

export const packages = [{ file: `/usr/lib/${triplet()}/libfribidi.so.0`, package: "libfribidi0" }];

function triplet() {
  return process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
}
