// test/elf/base-version.test.ts: a library whose file name old patchelfs have overwritten, and not the hash of it.
import { expect, it } from "vitest";
import { api, jsonOf } from "../helpers/python.js";
import { extensionSource, extensionSuffix, sharedObject } from "../helpers/shared-object.js";
import { tmpFile } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

/** The hash of the System V ABI, which version records carry. */
function sysvHash(name: string): number {
  let hash = 0;
  for (const byte of Buffer.from(name)) {
    hash = ((hash << 4) + byte) >>> 0;
    const high = hash & 0xf0000000;
    hash = (hash ^ (high >>> 24) ^ high) >>> 0;
  }
  return hash;
}

it("loads, as on disk, and is nothing to the audit", async () => {
  const soname = "libversioned.so.1";
  const map = tmpFile("map", "V1 { global: versioned; local: *; };");
  const words = [`-Wl,-soname,${soname}`, `-Wl,--version-script=${map}`];
  const library = sharedObject("versioned", "int versioned(void) { return 42; }", words);
  const hash = Buffer.alloc(4);
  hash.writeUInt32LE(sysvHash(soname));
  const at = library.indexOf(hash);
  expect([at > 0, library.indexOf(hash, at + 1)]).toEqual([true, -1]);
  const more = "extern int versioned(void);";
  const user = sharedObject("user", extensionSource("user", "versioned()", more), [
    tmpFile(soname, library),
  ]);
  library.writeUInt32LE(1, at);
  const bundle = zipFile({
    "__main__.py": "import user; print(user.value())",
    [`user${extensionSuffix}`]: user,
    [soname]: library,
  });
  expect(await jsonOf(bundle)).toBe(42);
  expect(await api.audit(bundle, { host: true })).toMatchObject({ ok: true, findings: [] });
});
