// test/bad-input/truncation.test.ts: a real bundle, cut off at every 97th byte: always an error, never a crash.
import { describe, expect, it } from "vitest";
import { api, runPython } from "../helpers/python.js";
import { extension, extensionSuffix } from "../helpers/shared-object.js";
import { makeZip } from "../helpers/zip.js";

const whole = makeZip([
  { name: "inmem.json", data: '{"format": 1}', method: 8 },
  { name: "p/__init__.py", data: "from . import one, two\n" },
  { name: "p/one.py", data: `X = 1\n${"# padding\n".repeat(200)}`, method: 8 },
  { name: "p/two.py", data: "def f():\n    return 2\n" },
  { name: `p/ext${extensionSuffix}`, data: extension("ext", 3), align: 4096 },
  { name: "p/data.bin", data: Buffer.alloc(3000, 7), method: 8 },
  { name: "__main__.py", data: "import p, p.ext; print(p.one.X + p.two.f() + p.ext.value())" },
]);

const codes = /^ERR_INMEM_(NOT_ZIP|BAD_DIRECTORY|BAD_ZIP64)$/;

describe("a bundle cut off at every 97th byte", () => {
  it("runs when it is whole", async () => {
    expect((await runPython(whole)).stdout).toBe("6\n");
  });

  it(`is refused each time (${Math.ceil(whole.length / 97)} times), and the next run works`, async () => {
    for (let size = 0; size < whole.length; size += 97) {
      const error = await api.run(whole.subarray(0, size)).then(
        () => ({ code: "it ran", message: "" }),
        (reason) => reason,
      );
      expect(error.code, `cut off at ${size}: ${error.message}`).toMatch(codes);
      expect(error.message).toMatch(/expected/);
    }
    expect((await runPython(whole)).stdout).toBe("6\n");
  });

  it("and at every byte of the last 200", async () => {
    for (let size = whole.length - 200; size < whole.length; size++) {
      await expect(api.run(whole.subarray(0, size))).rejects.toMatchObject({
        code: expect.stringMatching(codes),
      });
    }
  });
});

describe("a bundle with bytes turned over", () => {
  const options = { stdout: () => undefined, stderr: () => undefined };

  it("is an InmemError or runs, never a crash", async () => {
    // Not inside the shared object: its bytes are code, and the CRC guards them all.
    for (let at = 0; at < whole.length; at += 61) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      const error = await api.run(bytes, options).then(
        () => undefined,
        (reason) => reason,
      );
      if (error !== undefined) expect(error).toBeInstanceOf(api.InmemError);
    }
    expect((await runPython(whole)).stdout).toBe("6\n");
  });
});
