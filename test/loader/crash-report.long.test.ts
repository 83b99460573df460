// test/loader/crash-report.long.test.ts: the crash report in each Node that the package supports.
import { beforeAll, describe, expect, it } from "vitest";
import { ensureNode, nodeVersions } from "../../scripts/house/node-versions.mjs";
import { py } from "../helpers/python.js";
import { sharedObject } from "../helpers/shared-object.js";
import { spawnCommand, spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const bundle = zipFile([
  {
    name: "__main__.py",
    data: py`
      import ctypes, os
      ctypes.CDLL(os.path.join(os.path.dirname(__file__), "libcrash.so")).outer()
    `,
  },
  {
    name: "libcrash.so",
    data: sharedObject(
      "libcrash",
      "void fault(void) { *(volatile int *)0x10 = 1; } int outer(void) { fault(); return 1; }",
      ["-O0"],
    ),
    align: 4096,
  },
]);

describe.each(nodeVersions)("Node %s", (version) => {
  let node: string;
  beforeAll(async () => {
    node = await ensureNode(version);
  }, 300_000);

  it("names the bundle's member of both frames", async () => {
    const { signal, stderr } = await spawnCommand(["run", "--crash-report", bundle], { node });
    expect(signal).toBe("SIGSEGV");
    expect(stderr).toMatch(/^inmem-python: SIGSEGV at address 0x10,/);
    expect(stderr.split(`${bundle}/libcrash.so+0x`)).toHaveLength(3);
  });

  // (module (memory 1) (func (export "f") (param i32) (result i32) local.get 0 i32.load))
  it("leaves a trap of WebAssembly to Node", async () => {
    const source = `
      require("inmem-python").enableCrashReport();
      const bytes = Uint8Array.from([0,97,115,109,1,0,0,0,1,6,1,96,1,127,1,127,3,2,1,0,5,3,1,0,1,
        7,5,1,1,102,0,0,10,9,1,7,0,32,0,40,2,0,11]);
      const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
      try { f(0x7ffffff0); } catch (error) { console.log(process.version, error.constructor.name); }
    `;
    expect(await spawnNode(source, { node })).toMatchObject({
      code: 0,
      stdout: `v${version} RuntimeError\n`,
      stderr: "",
    });
  });
});
