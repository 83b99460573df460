// test/bridge/peers.long.test.ts: the faults of silent-faults.test.ts are there in the bridges that the benchmarks install.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensurePeers, peerPath } from "../../bench/bridge/peers.mjs";
import { tmpFile } from "../helpers/tmp.js";

const peers: string = await ensurePeers();
const python = tmpFile(
  "faults.py",
  `import datetime
def power(): return 2**70
def text(x): return repr(x)
def kind(x): return type(x).__name__
def now(): return datetime.datetime(2024, 2, 29)
def call(f): return f()
def fail(): return 1 / 0
async def five(): return 5
`,
);

/** What a program prints, as JSON; undefined where it died. */
function told(program: string): unknown {
  const code = `
    const require_ = require("node:module").createRequire(${JSON.stringify(join(peers, "package.json"))});
    ${program}`;
  const env = { ...process.env, PATH: peerPath };
  const { status, stdout } = spawnSync(process.execPath, ["-e", code], { env, encoding: "utf8" });
  return status === 0 ? JSON.parse(stdout.trim().split("\n").at(-1) ?? "") : undefined;
}

describe("node-calls-python", () => {
  const open = `const { interpreter } = require_("node-calls-python");
    const m = interpreter.importSync(${JSON.stringify(python)});
    const call = (...args) => interpreter.callSync(m, ...args);
    const tell = (value) => console.log(JSON.stringify(value));`;

  it.each<[string, string, unknown]>([
    ["1: a large int is -1", 'tell(call("power"))', -1],
    ["4: -0 is an int", 'tell(call("text", -0))', "0"],
    ["6: a Map is an empty dict", 'tell(call("text", new Map([[1, 2]])))', "{}"],
    ["7: a Float64Array is bytes", 'tell(call("kind", new Float64Array(2)))', "bytes"],
    ["9: a datetime is undefined", 'tell(call("now") === undefined)', true],
    [
      "10: a callback that throws ends the process",
      'call("call", () => { throw new Error("mine"); }); tell(1)',
      undefined,
    ],
    [
      "11: a cyclic object ends the process",
      'const c = {}; c.self = c; call("kind", c); tell(1)',
      undefined,
    ],
    [
      "12: a rejection is a text",
      'interpreter.call(m, "fail").catch((error) => tell(typeof error))',
      "string",
    ],
    ["13: a coroutine is undefined", 'tell(call("five") === undefined)', true],
  ])("%s", (_, program, expected) => {
    expect(told(`${open}\n${program}`)).toStrictEqual(expected);
  });
});

describe("pyodide", () => {
  it("4: -0 is an int", () => {
    const program = `require_("pyodide").loadPyodide().then((py) => {
      console.log(JSON.stringify(py.runPython("repr")(-0)));
    });`;
    expect(told(program)).toBe("0");
  });
});
