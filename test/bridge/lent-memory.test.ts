// test/bridge/lent-memory.test.ts: memory of one interpreter that another has as JavaScript's, when the first takes it back or ends.
import { expect, it } from "vitest";
import { spawnNode } from "../helpers/spawn-node.js";

/** What is let go is written over, or unmapped, whoever still looks at it. */
const prelude = `
  const { start } = require("inmem-python");
  const { Worker, isMainThread, parentPort } = require("node:worker_threads");
  const sizes = [4_000, 20_000_000];
  const give = (own, size) => own.runPython(\`kept = bytearray(b"abcd" * \${size / 4}); kept\`).getBuffer("u8");
  const reuse = (py) => py.runPython("del kept; other = [bytearray(b'z' * 4000) for _ in range(500)]; None");
  const keep = (py) => py.runPython(\`
if "views" not in globals(): views = []
def keep(x): views.append(memoryview(x)) or views[-1].obj
keep\`);
  const tell = (py) => console.log(JSON.stringify(py.runPython("[(len(v), bytes(v) == b'abcd' * (len(v) // 4)) for v in views]").toJs()));
`;
const whole = [
  [4_000, true],
  [20_000_000, true],
];

async function printed(script: string): Promise<unknown> {
  const { stdout, stderr, signal } = await spawnNode(`${prelude}\n${script}`);
  expect([stderr, signal]).toEqual(["", null]);
  return JSON.parse(stdout) as unknown;
}

it("release() leaves it to the other one", async () => {
  const script = `
    Promise.all([start(), start({ interpreter: "own" })]).then(async ([py, own]) => {
      for (const size of sizes) {
        const given = give(own, size);
        keep(py)(given.data);
        given.release();
        reuse(own);
      }
      tell(py);
      await own.close();
    });`;
  expect(await printed(script)).toEqual(whole);
});

it("close() leaves it to the other one", async () => {
  const script = `
    Promise.all([start(), start({ interpreter: "own" })]).then(async ([py, own]) => {
      for (const size of sizes) keep(py)(give(own, size).data);
      await own.close();
      const next = await start({ interpreter: "own" }); // where the other was
      next.runPython("other = [bytearray(b'z' * 4000) for _ in range(500)]; None");
      tell(py);
      py.runPython("views.clear()");
      await next.close();
    });`;
  expect(await printed(script)).toEqual(whole);
});

it("the end of a worker leaves it to the other one", async () => {
  const script = `
    async function main() {
      const py = await start();
      const worker = new Worker(__filename);
      await new Promise((done) => worker.once("exit", done));
      await new Promise((done) => setTimeout(done, 500));
      const next = await start({ interpreter: "own" });
      next.runPython("other = [bytearray(b'z' * 4000) for _ in range(500)]; None");
      tell(py);
    }
    async function work() {
      const [py, own] = [await start(), await start({ interpreter: "own" })];
      for (const size of sizes) keep(py)(give(own, size).data);
    }
    void (isMainThread ? main() : work());`;
  expect(await printed(script)).toEqual(whole);
});
