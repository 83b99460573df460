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

// Node's own binary tells: V8 embeds the glibc that it was linked against.
function libc(): "glibc" | "musl" {
  const report = process.config?.variables as Record<string, unknown> | undefined;
  if (report?.["is_musl"] === 1) return "musl";
  // `process.report` walks the system's libraries (milliseconds): only the
  // file of musl's dynamic linker is looked at instead.
  return require("node:fs").existsSync("/lib/ld-musl-x86_64.so.1") &&
    !require("node:fs").existsSync("/lib64/ld-linux-x86-64.so.2")
    ? "musl"
    : "glibc";
}
