// lib/cli/doctor-binary.ts: what to do where the native binary cannot be loaded.
import type { InmemErrorCode } from "../error-codes.js";

/** What Node and the dynamic linker say, and what helps. */
const CASES: readonly (readonly [RegExp, string])[] = [
  [
    /version `(GLIBC_[\d.]+)' not found/,
    "This host's C library is older than what the binary was built for: build it here (docs/building.md), or use a newer system.",
  ],
  [
    /failed to map segment/,
    "The package lies on a mount that forbids code (noexec), or a policy forbids it: install it elsewhere.",
  ],
  [
    /Permission denied|EACCES/,
    "The file cannot be read by this user: check its permissions and those of its folders.",
  ],
  [
    /cannot allocate memory in static TLS block/,
    "Start Node with GLIBC_TUNABLES=glibc.rtld.optional_static_tls=4096 in its environment.",
  ],
  [
    /file too short|invalid ELF header|wrong ELF class/,
    "The file is damaged or for another machine: install the package again.",
  ],
  [
    /No native build was found/,
    "The package was installed without its binary: install it again, or build it (docs/building.md).",
  ],
];

/** What to do about a binary that is missing or does not load. */
export function adviceForBinary(code: InmemErrorCode | undefined, message: string): string {
  if (code === "ERR_INMEM_UNSUPPORTED_PLATFORM") {
    return "Use Linux on x64 with glibc (Debian, Ubuntu, Fedora and their like; not Alpine).";
  }
  const found = CASES.find(([pattern]) => pattern.test(message));
  return found?.[1] ?? "Install the package again, or build it: see docs/building.md.";
}
