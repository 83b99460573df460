// test/bridge/own-stdlib.long.test.ts: the standard library in interpreters that end beside each other, in both orders.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";
import { uses } from "./own-uses.js";

/** They begin something: a game, a browser, a program of their own; or need another system. */
const LEFT_OUT = new Set(["antigravity", "this", "idlelib", "turtle", "turtledemo", "test"]);
const SUBMODULES = [
  "xml.etree.ElementTree",
  "concurrent.futures.process",
  "multiprocessing.managers",
  "logging.handlers",
  "email.mime.text",
  "http.server",
  "urllib.request",
  "importlib.resources",
  "unittest.mock",
];

/**
 * In a process of its own: two interpreters run it, then they end, in `order`; meanwhile a third one has come, and
 * after them a fourth, and the shared one, run it as well.
 */
async function passes(code: string, order: "first" | "last"): Promise<unknown> {
  const source = `
    const api = require(${JSON.stringify(join(packageRoot, "dist", "index.js"))});
    const code = ${JSON.stringify(`${code}\nNone`)};
    const make = async () => {
      const py = await api.start({ interpreter: "own" });
      py.runPython(code);
      return py;
    };
    (async () => {
      const open = [await make(), await make()];
      await open.${order === "first" ? "shift" : "pop"}().close();
      open.push(await make());
      for (const py of open) await py.close();
      await (await make()).close();
      const shared = await api.start();
      shared.runPython(code);
      shared.runPython("import gc; gc.collect()");
      console.log("all of it");
      process.exit(0);
    })().catch((error) => { console.error(error); process.exit(1); });`;
  const { code: status, signal, stdout, stderr } = await spawnNode(source);
  const isFine = status === 0 && signal === null && stdout.endsWith("all of it\n");
  return isFine ? "fine" : { status, signal, stdout, stderr: stderr.slice(-2000) };
}

const imports = (name: string) => `
import warnings
with warnings.catch_warnings(action="ignore"):
    try: import ${name}
    except ImportError: pass`;

const py = await api.start();
const names = (py.runPython("import sys; ','.join(sorted(sys.stdlib_module_names))") as string)
  .split(",")
  .filter((name) => !LEFT_OUT.has(name));

describe.each(["first", "last"] as const)("the %s ends before the other", (order) => {
  it.concurrent.each([...names, ...SUBMODULES])("import %s", async (name) => {
    expect(await passes(imports(name), order)).toBe("fine");
  });

  it("import all of it", async () => {
    expect(await passes([...names, ...SUBMODULES].map(imports).join("\n"), order)).toBe("fine");
  });

  it.each(Object.entries(uses))("use of %s", async (_, code) => {
    expect(await passes(code, order)).toBe("fine");
  });
});
