// test/signals/table.test.ts: each cell of docs/signals.md, tried.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { packageRoot, type SpawnResult } from "../helpers/spawn-node.js";
import { runWith } from "./support.js";

interface Column {
  readonly mode: "node" | "python";
  readonly handler: boolean;
  readonly listener: boolean;
}

/** signal -> what happens, a column each. */
function readTable(): { columns: Column[]; rows: Map<string, string[]> } {
  const text = readFileSync(join(packageRoot, "docs", "signals.md"), "utf8");
  const cells = text
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").slice(1, -1))
    .map((row) => row.map((cell) => cell.trim()));
  const [head = [], ...rows] = cells;
  const columns = head.slice(1).map((title): Column => {
    const mode = title.includes("`python`") ? "python" : "node";
    return { mode, handler: title.includes("handler"), listener: title.includes("listener") };
  });
  return { columns, rows: new Map(rows.map(([signal = "", ...row]) => [signal, row])) };
}

// Answers each line, with what handlers saw before it. They do not print: print is not reentrant.
const echo = py`
  import signal, sys
  seen = []
  for name in sys.argv[1].split(","):
      if name: signal.signal(getattr(signal, name), lambda n, f: seen.append("Python"))
  print("ready", flush=True)
  for line in sys.stdin:
      print(*seen, "echo", sep="\n", flush=True)
      seen.clear()
`;

// Prints "SIGNAL who" for each event, and what came of the run.
const main = `
  const { mode, handler, listener, names } = JSON.parse(process.argv[3]);
  const { PassThrough } = require("node:stream");
  const stdin = new PassThrough();
  let current; const seen = [];
  if (listener) for (const name of names) process.on(name, () => seen.push([name, "Node"]));
  let echoed;
  let text = "";
  const stdout = (chunk) => {
    text += chunk;
    for (let at; (at = text.indexOf("\\n")) >= 0; text = text.slice(at + 1)) {
      const line = text.slice(0, at);
      if (line === "ready" || line === "echo") echoed();
      else seen.push([current, line]);
    }
  };
  const echo = () => new Promise((done) => (echoed = done));
  const before = echo();
  const going = run(path, { signals: mode, stdin, stdout, args: [handler ? names.join() : ""] });
  going.catch((error) => { console.log(current, error.type); process.exit(1); });
  await before;
  for (current of names) {
    send(current);
    await sleep(30);
    const answer = echo();
    stdin.write("line\\n");
    await answer;
    await sleep(30);
  }
  stdin.end();
  await going;
  for (const [name, who] of seen) console.log(name, who);`;

async function happens(column: Column, names: readonly string[]): Promise<SpawnResult> {
  const parameters = JSON.stringify({ ...column, names });
  // Node's inspector, which SIGUSR1 starts, on any free port.
  return runWith(echo, main, { args: [parameters], nodeArgs: ["--inspect-port=0"] });
}

function read(result: SpawnResult, name: string): string {
  if (result.signal === name) return "ends";
  const who = result.stdout
    .trim()
    .split("\n")
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => line.slice(name.length + 1))
    .sort();
  const inspector = name === "SIGUSR1" && result.stderr.includes("Debugger listening");
  if (inspector) who.unshift("Node");
  // Each once: a second call would show.
  const text = who.join();
  return text === "Node,Python" ? "both" : text || "nobody";
}

const { columns, rows } = readTable();

describe.each(columns)("mode $mode, handler: $handler, listener: $listener", (column) => {
  const at = columns.indexOf(column);
  const survives = (expected: string) => !["ends", "KeyboardInterrupt"].includes(expected);
  const names = [...rows.keys()];
  const together = names.filter((name) => survives(rows.get(name)?.[at] ?? ""));
  const alone = names.filter((name) => !together.includes(name));

  if (together.length > 0) {
    it(`is as the table says: ${together.join(", ")}`, async () => {
      const result = await happens(column, together);
      expect(result, result.stdout + result.stderr).toMatchObject({ code: 0, timedOut: false });
      const found = together.map((name) => [name, read(result, name)]);
      expect(found).toEqual(together.map((name) => [name, rows.get(name)?.[at]]));
    });
  }

  it.each(alone)("is as the table says: %s", async (name) => {
    const result = await happens(column, [name]);
    expect(result.timedOut).toBe(false);
    expect(read(result, name)).toBe(rows.get(name)?.[at]);
  });
});

it("the table has all rows and columns that the test counts on", () => {
  expect(columns).toHaveLength(6);
  expect(rows.size).toBeGreaterThanOrEqual(15);
});
