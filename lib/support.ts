// lib/support.ts: is there a binary for this host? Answers anywhere.

/** True where this package can run: Linux, x64, glibc. Never throws. */
export function isSupported(): boolean {
  return process.platform === "linux" && process.arch === "x64" && libc() === "glibc";
}

/** The host in words, for messages: `linux arm64 (musl)`. */
export function describePlatform(): string {
  const suffix = process.platform === "linux" ? ` (${libc()})` : "";
  return `${process.platform} ${process.arch}${suffix}`;
}

// `process.report` would tell for certain, but walks the system's libraries
// (milliseconds); musl's dynamic linker without glibc's tells as well.
function libc(): "glibc" | "musl" {
  const { existsSync } = require("node:fs") as typeof import("node:fs");
  const musl = existsSync("/lib/ld-musl-x86_64.so.1");
  return musl && !existsSync("/lib64/ld-linux-x86-64.so.2") ? "musl" : "glibc";
}
