// test/run/memory-growth.ts: how much a fresh Node's resident memory grows by runs.
import { bundleOf } from "../helpers/python.js";
import { extension, extensionSuffix } from "../helpers/shared-object.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { tmpFile } from "../helpers/tmp.js";

export interface GrowthCase {
  /** "buffers": each run has another one, of 1 MB. */
  readonly kind: "file" | "buffers" | "failing" | "extension";
  readonly warmUp: number;
  readonly runs: number;
}

const use =
  "import json, mod; data = [json.dumps({'a': i}) for i in range(200)]; print(len(data), mod.X)";

const bundles = {
  file: () => bundleOf({ "__main__.py": use, "mod.py": "X = 1" }),
  failing: () => bundleOf({ "__main__.py": `${use}\n1/0`, "mod.py": "X = 1" }),
  extension: () =>
    bundleOf({
      "__main__.py": `${use}\nimport ext; assert ext.value() == 1`,
      "mod.py": "X = 1",
      [`ext${extensionSuffix}`]: extension("ext", 1),
    }),
  buffers: () =>
    bundleOf({ "__main__.py": use, "mod.py": "X = 'MARKMARK'", "data.bin": Buffer.alloc(1 << 20) }),
};

/** Megabytes from the end of the warm-up to the end. */
export async function growthOf({ kind, warmUp, runs }: GrowthCase): Promise<number> {
  const path = tmpFile("app.pyz", bundles[kind]());
  const source = `
    const { run } = require("inmem-python");
    const { readFileSync } = require("node:fs");
    const path = process.argv[2];
    const rss = () => {
      for (let i = 0; i < 3; i++) gc();
      return Number(/VmRSS:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
    };
    let zip;
    const next = async (i) => {
      if (${JSON.stringify(kind)} !== "buffers") return path;
      zip ??= (await import(${JSON.stringify(new URL("../../scripts/house/zip.mjs", import.meta.url).href)})).makeZip;
      return zip({ "__main__.py": ${JSON.stringify(use)}, "mod.py": "X = " + i, "data.bin": Buffer.alloc(1 << 20, i) });
    };
    (async () => {
      const options = { stdout() {}, stderr() {} };
      const once = async (i) => { await run(await next(i), options).catch((e) => { if (e.type !== "ZeroDivisionError") throw e; }); };
      for (let i = 0; i < ${warmUp}; i++) await once(i);
      const before = rss();
      for (let i = 0; i < ${runs}; i++) await once(1000 + i);
      console.log(rss() - before);
    })();`;
  const result = await spawnNode(source, {
    args: [path],
    // V8's young generation grows for its own reasons, by up to 16 MB, and is not given back.
    nodeArgs: ["--expose-gc", "--max-semi-space-size=1"],
    timeoutMs: 600_000,
  });
  if (result.code !== 0) throw new Error(`${result.code} ${result.signal}: ${result.stderr}`);
  return Number(result.stdout);
}
