// test/bridge/moved-memory.test.ts: Python's memory that ArrayBuffer.prototype.transfer() gives to another ArrayBuffer.
import { beforeAll, describe, expect, it } from "vitest";
import { ensureNode, nodeVersions } from "../../scripts/house/node-versions.mjs";
import { spawnNode } from "../helpers/spawn-node.js";

/** Node.js 20 has no transfer(). */
const versions = nodeVersions.filter((version) => Number.parseInt(version, 10) > 20);

/** What is let go is written over, whoever still looks at it. */
const reuse = `
  const reuse = (py) => py.runPython("import gc; gc.collect(); other = [bytearray(b'Z' * 100_000) for _ in range(500)]; None");
  const view = (py, letter) => py.runPython(\`bytearray(b"\${letter}" * 100_000)\`).getBuffer();
  const holds = (buffer, letter) => new Uint8Array(buffer).every((byte) => byte === letter.charCodeAt(0));
`;

describe.each(versions)("Node %s", (version) => {
  let node: string;
  beforeAll(async () => {
    node = await ensureNode(version);
  }, 300_000);

  async function printed(script: string): Promise<unknown> {
    const { stdout, stderr, signal } = await spawnNode(`${reuse}\n${script}`, { node });
    expect([stderr, signal]).toEqual(["", null]);
    return JSON.parse(stdout) as unknown;
  }

  it("release() leaves it to the ArrayBuffer that has it now", async () => {
    const script = `
      const { start } = require("inmem-python");
      start().then((py) => {
        const given = view(py, "A");
        const moved = given.data.buffer.transfer();
        given.release();
        reuse(py);
        console.log(JSON.stringify([given.data.length, moved.byteLength, holds(moved, "A")]));
      });`;
    expect(await printed(script)).toEqual([0, 100_000, true]);
  });

  it("another thread may have it when its environment has ended", async () => {
    const script = `
      const { start } = require("inmem-python");
      const { Worker } = require("node:worker_threads");
      const worker = new Worker(\`\${${JSON.stringify(reuse)}}
        const { start } = require("inmem-python");
        start().then((py) => {
          const moved = view(py, "B").data.buffer.transfer();
          require("node:worker_threads").parentPort.postMessage(moved, [moved]);
        });\`, { eval: true });
      let moved;
      worker.on("message", (buffer) => (moved = buffer));
      worker.on("exit", async () => {
        reuse(await start());
        console.log(JSON.stringify([moved.byteLength, holds(moved, "B")]));
      });`;
    expect(await printed(script)).toEqual([100_000, true]);
  });

  it("an interpreter of its own leaves it when it is closed", async () => {
    const script = `
      const { start } = require("inmem-python");
      start({ interpreter: "own" }).then(async (py) => {
        const moved = view(py, "C").data.buffer.transfer();
        await py.close();
        reuse(await start());
        console.log(JSON.stringify([moved.byteLength, holds(moved, "C")]));
      });`;
    expect(await printed(script)).toEqual([100_000, true]);
  });
});
