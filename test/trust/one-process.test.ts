// test/trust/one-process.test.ts: what an unverified run has left in the process is nothing for a verified one.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { crc32 } from "../../lib/bundle/crc32.js";
import { py, runPython } from "../helpers/python.js";
import { sharedObject } from "../helpers/shared-object.js";
import { tmpDir } from "../helpers/tmp.js";
import { type Contents, forgeCrc, makeKeys, signedBundle } from "./support.js";

/** The bundle with other contents of the same length and CRC-32: its directory stays as it was. */
function forge(path: string, contents: Contents, forged: Contents): Buffer {
  const bytes = readFileSync(path);
  for (const [name, text] of Object.entries(forged)) {
    const whole = Buffer.from(contents[name] as Buffer);
    const bent = Buffer.alloc(whole.length, 0x0a);
    Buffer.from(text).copy(bent);
    forgeCrc(bent, bent.length - 4, crc32(whole));
    expect(crc32(bent)).toBe(crc32(whole));
    bent.copy(bytes, bytes.indexOf(whole));
  }
  return bytes;
}

describe("a forged bundle that ran unverified, at the path of the genuine one", () => {
  it("leaves neither libraries nor scripts to the verified run", async () => {
    const library = (value: number) =>
      Buffer.concat([
        sharedObject("libwhose", `int f(void) { return ${value}; }`),
        Buffer.alloc(4),
      ]);
    const script = (word: string) =>
      Buffer.from(`#!/bin/sh\necho ${word} > "$1"\n${"#".repeat(40)}\n`);
    const contents = {
      "__main__.py": py`
        import ctypes, os, sys
        here = os.path.dirname(__file__)
        print(ctypes.CDLL(here + "/libwhose.so").f())
        os.waitpid(os.posix_spawn(here + "/tool.sh", ["tool.sh", sys.argv[1]], os.environ), 0)
        print(open(sys.argv[1]).read().strip())
      `,
      "libwhose.so": library(1),
      "tool.sh": script("genuine"),
    };
    const keys = makeKeys();
    const good = await signedBundle(contents, keys);
    const path = join(tmpDir(), "app.pyz");
    const args = [join(tmpDir(), "said")];
    const forged = { "libwhose.so": library(2), "tool.sh": script("forged") };
    writeFileSync(path, forge(good, contents, forged));
    expect((await runPython(path, { args })).stdout).toBe("2\nforged\n");
    rmSync(path);
    copyFileSync(good, path);
    for (const verifyFull of [false, true]) {
      const { stdout } = await runPython(path, { args, verify: keys.public, verifyFull });
      expect(stdout).toBe("1\ngenuine\n");
    }
  });
});
